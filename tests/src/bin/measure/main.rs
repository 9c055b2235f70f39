//! Measures what no test may: figures, for `docs/PERFORMANCE.md`.
//!
//! ```text
//! measure reports [RATE] [SECONDS]      reports of tasks, each on a connection of its own
//! measure notices [SESSIONS] [TIMES]    from the end of a program to the desktop
//! measure stalled [MEGABYTES]           a terminal that stops reading, and the program behind it
//! measure restart [SESSIONS] [TIMES]    how long nobody answers while the daemon is replaced
//! measure cold [ENDED] [TIMES]          from no daemon to the first answer, after so many runs
//! measure live [SESSIONS]               so many live sessions: started, listed, held, stopped
//! measure requests [CLIENTS] [EACH]     so many clients ask at once, without a pause
//! measure dashboard [LIVE] [PAST]       the dashboard over so many sessions: frames, memory
//! ```
//!
//! Everything runs in a private home, with the programs of the profile that this was built
//! with.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a chore")]

mod dashboard;
mod figures;
mod live;
mod process;
mod requests;

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use app_model::report::{Outcome, Report, Stamp};
use app_tests::Home;
use app_tests::desktop::{Monitor, Scripted};
use app_tests::peer::Control;
use app_wire::control::{self, Reply, Reported, Request, Target};
use app_wire::hello::HELLO_LEN;
use rustix::param::clock_ticks_per_second;

use crate::process::{cpu_ticks, memory_kib};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |index: usize, usual: u64| arguments.get(index).map_or(usual, |text| text.parse().unwrap());
    match arguments.first().map(String::as_str) {
        Some("reports") => reports(number(1, 1_000), number(2, 10)),
        Some("notices") => notices(number(1, 200), number(2, 50)),
        Some("stalled") => stalled(number(1, 200)),
        Some("restart") => restart(number(1, 200), number(2, 10)),
        Some("cold") => cold(number(1, 5_000), number(2, 20)),
        Some("live") => live::live(number(1, 1_000)),
        Some("requests") => requests::requests(number(1, 100), number(2, 1_000)),
        Some("dashboard") => dashboard::dashboard(number(1, 500), number(2, 2_000)),
        _ => panic!(
            "measure reports | notices | stalled | restart | cold | live | requests | dashboard, \
             each with numbers"
        ),
    }
}

/// Between two looks at a holder's memory.
const LOOK: Duration = Duration::from_millis(10);

fn stalled(megabytes: u64) {
    for how in ["nobody attached", "handed over", "relayed"] {
        let home = Home::new();
        let done = home.path().join("done");
        let flood = format!("yes 0123456789 | head -c {megabytes}000000");
        let script = format!("read go; {flood}; : > {}; exit 7", done.display());
        let session = home.start_sh("flood", &script);
        // It is not read from until the program is done.
        let mut terminal = match how {
            "handed over" => Some(session.attach()),
            "relayed" => Some(home.terminal(&["attach", "--relay", &session.id])),
            _ => None,
        };
        if terminal.is_some() {
            session.wait_attached(1);
        }
        let holder = session.holder_pid();
        let before = memory_kib(holder).unwrap();
        let began = Instant::now();
        session.appctl("send", &["--enter", "go"]).ok();
        let mut most = before;
        while !done.exists() {
            most = most.max(memory_kib(holder).unwrap_or(0));
            pause(LOOK);
        }
        let seconds = began.elapsed().as_secs_f64();
        assert_eq!(session.wait_over()["exit"]["code"], 7);
        println!("{how}: {megabytes} MB written in {seconds:.1} s, {} KB more", most - before);
        if let Some(terminal) = &mut terminal {
            terminal.wait_exit();
        }
    }
}

/// More than two ends within two seconds are told together, so this is the time between two.
const APART: Duration = Duration::from_millis(1_100);

fn notices(sessions: u64, times: u64) {
    let home = Home::new();
    let config = home.config_dir().join("config.toml");
    fs::write(config, "[notify]\nmin_duration = \"0s\"\n").unwrap();
    let bus = home.bus();
    let home = home.with("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    let _server = Scripted::takes(&bus);
    let monitor = Monitor::start(&bus);
    for number in 0..sessions {
        home.start(&format!("live-{number}"), &["sleep", "100000"]);
    }
    let mut took_ms: Vec<f64> = (1..=times)
        .map(|time| {
            let program = home.start(&format!("ends-{time}"), &["sleep", "100000"]).program();
            pause(APART);
            let ended = monotonic_ns();
            program.signal(rustix::process::Signal::KILL);
            let asked = monitor.wait_asked(usize::try_from(time).unwrap());
            (asked.last().unwrap().at_ns - ended) as f64 / 1e6
        })
        .collect();
    println!("{sessions} live sessions, {times} ends; from the signal to `Notify` on the bus:");
    println!("the first {:.1} ms, when the daemon looks for a desktop", took_ms[0]);
    took_ms.sort_by(f64::total_cmp);
    let at = |share: usize| took_ms[(took_ms.len() - 1) * share / 100];
    println!("median {:.1} ms, 95 % {:.1} ms, longest {:.1} ms", at(50), at(95), at(100));
}

fn monotonic_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(now.tv_sec * 1_000_000_000 + now.tv_nsec).unwrap()
}

fn reports(rate: u64, seconds: u64) {
    let home = Home::new();
    let session = home.start("busy", &["sleep", "1000"]);
    let (daemon, socket) = (home.daemon_pid(), home.control_socket());
    let (began, cpu) = (Instant::now(), cpu_ticks(daemon));
    let total = rate * seconds;
    let mut slowest = Duration::ZERO;
    for number in 0..total {
        let due = began + Duration::from_nanos(1_000_000_000 * number / rate);
        pause(due.saturating_duration_since(Instant::now()));
        let asked = Instant::now();
        let reply = Control::connect(&socket).ask(&request(&session.id, number));
        assert_eq!(reply, Reply::Done);
        slowest = slowest.max(asked.elapsed());
    }
    let took = began.elapsed().as_secs_f64();
    let busy = (cpu_ticks(daemon) - cpu) as f64 / clock_ticks_per_second() as f64;
    let events = home.events();
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count() as u64;
    let lost = total - count("task.started") - count("task.ended");
    println!("{total} reports in {took:.1} s: {:.0} a second, {lost} lost", total as f64 / took);
    println!("the daemon was busy for {busy:.2} s: {:.0} % of a core", 100.0 * busy / took);
    println!("the slowest took {:.1} ms", slowest.as_secs_f64() * 1e3);
}

/// Every task begins with one report and ends with the next.
fn request(session: &str, number: u64) -> Request {
    let ext = format!("task-{}", number / 2);
    let report = if number.is_multiple_of(2) {
        Report::TaskBegan { ext, label: "review".into(), model: Some("haiku".into()) }
    } else {
        Report::TaskEnded { ext, outcome: Outcome::Ok, summary: Some("fine".into()) }
    };
    Request::Report(Box::new(Reported {
        target: Target::Named(session.to_owned()),
        stamp: Stamp { source: "measure".into(), generation: 1, sequence: number },
        reports: vec![report],
    }))
}

fn pause(time: Duration) {
    let time = rustix::fs::Timespec::try_from(time).unwrap();
    rustix::event::poll(&mut [], Some(&time)).unwrap();
}

/// Asks without a pause, on a connection of its own each time, while the daemon is replaced.
fn restart(sessions: u64, times: u64) {
    let home = Home::new();
    for number in 0..sessions {
        home.start(&format!("live-{number}"), &["sleep", "100000"]);
    }
    let socket = home.control_socket();
    let mut pauses_ms: Vec<f64> = (0..times)
        .map(|_| {
            let mut restarting = app_tests::home::spawn(home.appctl_command(["daemon", "restart"]));
            let (mut answered, mut longest) = (Instant::now(), Duration::ZERO);
            while !restarting.is_over() {
                if is_answered(&socket) {
                    longest = longest.max(answered.elapsed());
                    answered = Instant::now();
                }
                pause(Duration::from_millis(1));
            }
            restarting.finish().ok();
            longest.as_secs_f64() * 1e3
        })
        .collect();
    pauses_ms.sort_by(f64::total_cmp);
    let (median, longest) = (pauses_ms[pauses_ms.len() / 2], pauses_ms[pauses_ms.len() - 1]);
    println!("{sessions} live sessions, the daemon replaced {times} times; nobody answers for:");
    println!("median {median:.0} ms, longest {longest:.0} ms");
}

/// Whether a daemon answers now.
fn is_answered(socket: &Path) -> bool {
    let answer = || -> Option<()> {
        let mut stream = UnixStream::connect(socket).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        stream.write_all(&control::HELLO.encode()).ok()?;
        stream.read_exact(&mut [0; HELLO_LEN]).ok()?;
        let body = control::encode(&Request::Status).ok()?;
        stream.write_all(&u32::try_from(body.len()).ok()?.to_le_bytes()).ok()?;
        stream.write_all(&body).ok()?;
        stream.read_exact(&mut [0; 4]).ok()
    };
    answer().is_some()
}

/// The runs that ended are copies of one, taken in by the first daemon that finds no registry.
fn cold(ended: u64, times: u64) {
    let home = Home::new();
    make_past(&home, ended);
    let begun = Instant::now();
    assert_eq!(home.ls_all().len() as u64, ended);
    println!(
        "a registry of {ended} sessions made anew: {:.0} ms",
        begun.elapsed().as_secs_f64() * 1e3
    );
    let mut took_ms: Vec<f64> = (0..times)
        .map(|_| {
            home.appctl(["daemon", "stop"]).ok();
            let begun = Instant::now();
            home.appctl(["ls"]).ok();
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    took_ms.sort_by(f64::total_cmp);
    let (median, longest) = (took_ms[took_ms.len() / 2], took_ms[took_ms.len() - 1]);
    println!("`ls` without a daemon: median {median:.0} ms, longest {longest:.0} ms");
}

/// So many sessions that ended, for the first daemon to find.
fn make_past(home: &Home, ended: u64) {
    let session = home.start_sh("ended", "exit 3");
    session.wait_over();
    home.appctl(["daemon", "stop"]).ok();
    let sessions = home.state_dir().join("sessions");
    let first = u32::from_str_radix(&session.id, 16).unwrap();
    for number in 1..u32::try_from(ended).unwrap() {
        let id = format!("{:08x}", first.wrapping_add(number));
        copy_session(&sessions, &session.id, &id);
    }
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(home.state_dir().join(format!("registry.db{suffix}"))).ok();
    }
}

fn copy_session(sessions: &Path, from: &str, to: &str) {
    let (old, new) = (sessions.join(from), sessions.join(to));
    fs::create_dir(&new).unwrap();
    fs::create_dir(new.join("run-1")).unwrap();
    for file in ["meta", "spec", "run-1/exit"] {
        let text = fs::read_to_string(old.join(file)).unwrap();
        fs::write(new.join(file), text.replace(from, to)).unwrap();
    }
}
