"""Writes down every Notify on the session bus, whoever is asked: one JSON object a line."""

import json
import time

import dbus
from dbus.lowlevel import HANDLER_RESULT_HANDLED
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()


def heard(_bus, message):
    at = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    if message.get_member() == "Notify" and message.get_type() == 1:
        app, replaces, icon, title, body, actions, hints, limit = message.get_args_list()
        urgency = hints.get("urgency")
        print(json.dumps({
            "at_ns": at, "app": app, "replaces": replaces, "icon": icon, "title": title,
            "body": body, "actions": actions, "limit_ms": limit,
            "urgency": None if urgency is None else int(urgency),
        }), flush=True)
    # A monitor must not answer, not even that it does not know the method.
    return HANDLER_RESULT_HANDLED


bus.add_message_filter(heard)
name = "org.freedesktop.DBus"
rules = dbus.Array(["interface='org.freedesktop.Notifications'"], signature="s")
bus.call_blocking(name, "/org/freedesktop/DBus", name + ".Monitoring", "BecomeMonitor", "asu",
                  (rules, dbus.UInt32(0)))
print("ready", flush=True)
GLib.MainLoop().run()
