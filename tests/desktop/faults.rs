//! Desktops that are slow, late, gone or not there.

use std::time::{Duration, Instant};

use app_tests::desktop::{Dunst, Monitor, Scripted};
use app_tests::{Home, Session};

use crate::{BUS, Desk, telling_all};

/// As long as a command may take, on a machine that is busy with other things too.
const AT_ONCE: Duration = Duration::from_millis(1_500);

#[track_caller]
fn failed<'h>(home: &'h Home, name: &str) -> Session<'h> {
    let session = home.start_sh(name, "exit 1");
    session.wait_over();
    session
}

/// It says what it can do, and then nothing more. The command takes what it did not.
#[test]
fn a_desktop_that_hangs_delays_its_own_notice_only_and_the_next_channel_takes_it() {
    let home =
        telling_all("channels = [\"desktop\", \"command\"]\n[notify.command]\nargv = [\"cat\"]\n");
    let bus = home.bus();
    let home = home.with(BUS, &bus.address);
    let _server = Scripted::hangs(&bus);
    let monitor = Monitor::start(&bus);
    let session = failed(&home, "told");
    monitor.wait_asked(1);
    // Now it hangs: it was asked, and does not answer.
    let asked = Instant::now();
    let mut answers = 0;
    while !home.events().iter().any(|event| event["type"] == "notice.sent") {
        let one = Instant::now();
        home.appctl(["ls"]).ok();
        assert!(one.elapsed() < AT_ONCE, "{:?}", one.elapsed());
        answers += 1;
        assert!(asked.elapsed() < Duration::from_secs(20), "no channel takes it");
    }
    let took = asked.elapsed();
    assert!(took < Duration::from_secs(4), "the next channel waited for {took:?}");
    assert!(answers > 5, "{answers} answers in {took:?}");
    assert_eq!(home.wait_event("notice.sent", &session.id)["channel"], "command");
}

/// No bus, then a bus, then a desktop: the daemon that is there finds each as it comes.
#[test]
fn a_desktop_that_comes_later_is_found() {
    let home = telling_all("");
    let address = format!("unix:path={}", home.path().join("desktop/bus").display());
    let home = home.with(BUS, address);
    let why = |name: &str| {
        let session = failed(&home, name);
        let event = home.wait_event("notice.failed", &session.id);
        event["why"].as_str().unwrap().to_owned()
    };
    let daemon_of = |session: &Session<'_>| (session.id.clone(), home.daemon_pid());
    assert!(why("no-bus").contains("No such file"), "it says what is missing");
    let bus = home.bus();
    assert!(why("no-server").contains("org.freedesktop.Notifications"), "it says what is missing");
    let display = app_tests::desktop::Display::start(bus.dir());
    let dunst = Dunst::start(&bus, &display);
    let (id, daemon) = daemon_of(&failed(&home, "shown"));
    home.wait_event("notice.sent", &id);
    dunst.wait_bubbles(1);
    assert_eq!(home.daemon_pid(), daemon, "it is the same daemon all along");
    drop(dunst);
    drop(home);
}

#[test]
fn a_desktop_that_dies_between_two_notices_is_missed_and_its_successor_found() {
    let desk = Desk::new();
    let first = Dunst::start(&desk.bus, &desk.display);
    let sent = |name| {
        let id = failed(&desk.home, name).id;
        desk.home.wait_event("notice.sent", &id);
    };
    sent("one");
    first.wait_bubbles(1);
    first.kill();
    let id = failed(&desk.home, "nobody-there").id;
    let event = desk.home.wait_event("notice.failed", &id);
    assert!(event["why"].as_str().unwrap().starts_with("desktop: "), "{event}");
    let second = Dunst::start(&desk.bus, &desk.display);
    sent("two");
    second.wait_bubbles(1);
}

/// Who logs out and in again has another bus in the same place.
#[test]
fn a_bus_that_dies_and_comes_back_is_found() {
    let Desk { home, display, bus } = Desk::new();
    // A place that every bus of a person has in turn is named without the mark of one bus.
    let home = home.with(BUS, bus.address.split(",guid=").next().unwrap());
    let dunst = Dunst::start(&bus, &display);
    let sent = |name| {
        let id = failed(&home, name).id;
        home.wait_event("notice.sent", &id);
    };
    sent("one");
    drop(dunst);
    let dir = bus.dir().to_owned();
    drop(bus);
    let bus = app_tests::Bus::start(dir);
    let dunst = Dunst::start(&bus, &display);
    sent("two");
    dunst.wait_bubbles(1);
    drop(dunst);
    drop(home);
}
