"""A server of notifications that shows nothing. Its argument says how it is: it `hangs` on
every notice, or takes it and `tells` everybody, or `answers` who sent it alone, of what
becomes of it."""

import itertools
import sys

import dbus
import dbus.lowlevel
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
BY_A_PERSON = 2
BY_A_CALL = 3


class Server(dbus.service.Object):
    numbers = itertools.count(1)

    @dbus.service.method(NAME, out_signature="as")
    def GetCapabilities(self):
        return ["body", "body-markup", "actions"]

    senders = {}

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u",
                         async_callbacks=("answer", "fail"), sender_keyword="sender")
    def Notify(self, _app, replaces, _icon, _title, _body, _actions, _hints, _limit,
               answer, fail, sender):
        if sys.argv[1] != "hangs":
            number = replaces or next(self.numbers)
            self.senders[number] = sender
            answer(number)

    @dbus.service.method(NAME, in_signature="u")
    def CloseNotification(self, number):
        if number in self.senders:
            self.close(number, BY_A_CALL)

    @dbus.service.method("test.Person", in_signature="us")
    def Press(self, number, key):
        number = int(number)
        self.tell(number, "ActivationToken", "us", "a-token")
        self.tell(number, "ActionInvoked", "us", key)
        self.close(number, BY_A_PERSON)

    @dbus.service.method("test.Person")
    def CloseAll(self):
        for number in sorted(self.senders):
            self.close(number, BY_A_PERSON)

    def close(self, number, reason):
        self.tell(number, "NotificationClosed", "uu", reason)
        self.senders.pop(number, None)

    def tell(self, number, what, signature, *more):
        signal = dbus.lowlevel.SignalMessage(PATH, NAME, what)
        signal.append(number, *more, signature=signature)
        if sys.argv[1] == "answers":
            signal.set_destination(self.senders[number])
        bus.send_message(signal)


DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
owned = dbus.service.BusName(NAME, bus)
server = Server(owned, PATH)
GLib.MainLoop().run()
