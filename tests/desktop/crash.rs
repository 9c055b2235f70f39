//! The daemon dies between writing a notice down and knowing that it was shown.

use app_tests::desktop::{Monitor, Scripted};

use crate::{BUS, telling_all};

#[test]
fn a_notice_that_was_on_its_way_is_listed_and_not_repeated() {
    let home = telling_all("");
    let bus = home.bus();
    let home = home.with(BUS, &bus.address);
    let monitor = Monitor::start(&bus);
    let hanging = Scripted::hangs(&bus);
    let lost = home.start_sh("on-its-way", "exit 1");
    lost.wait_over();
    // It was sent, and nobody has said what became of it.
    monitor.wait_asked(1);
    home.kill_daemon_hard();
    drop(hanging);
    bus.wait_for_no_server();
    let _server = Scripted::takes(&bus);
    home.appctl(["daemon", "start"]).ok();
    // Notices come in order: when this one is there, the first was not sent again.
    let next = home.start_sh("next", "exit 1");
    next.wait_over();
    home.wait_event("notice.sent", &next.id);
    let titles: Vec<_> = monitor.wait_asked(2).into_iter().map(|asked| asked.title).collect();
    assert_eq!(titles, ["✘ on-its-way failed (exit 1) · 0s", "✘ next failed (exit 1) · 0s"]);
    let rows = home.appctl(["notices", "--unseen", "--json"]).ok().json();
    assert_eq!(rows[1]["name"], "on-its-way");
    assert_eq!(rows[1]["why"], "it is not known to have been shown");
}
