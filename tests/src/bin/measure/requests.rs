//! Many clients ask at once, each on a connection of its own and without a pause: how long
//! an answer takes, and that each question gets the right one.

use std::path::Path;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use app_tests::Home;
use app_tests::peer::Control;
use app_wire::control::{Reply, Request, Target};

use crate::figures::Figures;
use crate::process::cpu_ticks;

/// Live sessions that are asked for.
const SESSIONS: usize = 10;

/// What is asked.
type Ask = fn(&str) -> Request;

/// Whether that is the answer.
type Right = fn(&Reply) -> bool;

/// The questions, each measured by itself.
const KINDS: [(&str, Ask, Right); 4] = [
    ("about the daemon", |_| Request::Status, |reply| matches!(reply, Reply::Status(_))),
    ("find a session", find, |reply| matches!(reply, Reply::Session(_))),
    ("show a session", show, |reply| matches!(reply, Reply::Session(_))),
    (
        "list all ten",
        |_| Request::List { all: false, detail: false },
        |reply| matches!(reply, Reply::Sessions { sessions, last: true } if sessions.len() == SESSIONS),
    ),
];

fn find(id: &str) -> Request {
    Request::Find { target: Target::Named(id.to_owned()) }
}

fn show(id: &str) -> Request {
    Request::Show { target: Target::Named(id.to_owned()) }
}

pub(crate) fn requests(clients: u64, each: u64) {
    let home = Home::new();
    let ids: Vec<String> = (0..SESSIONS)
        .map(|number| home.start(&format!("live-{number}"), &["sleep", "100000"]).id)
        .collect();
    let (daemon, socket) = (home.daemon_pid(), home.control_socket());
    println!("{clients} clients at once, {each} requests each:");
    for (what, ask, right) in KINDS {
        let ticks = cpu_ticks(daemon);
        let began = Instant::now();
        let (took, wrong) = all_at_once(&socket, &ids, clients, each, (ask, right));
        let seconds = began.elapsed().as_secs_f64();
        let figures = Figures::of(took);
        println!(
            "{what}: median {:.1} ms, 99 % {:.1} ms, longest {:.1} ms; {:.0} a second, \
             {wrong} errors, {} ticks of the daemon",
            figures.at_ms(500),
            figures.at_ms(990),
            figures.at_ms(1_000),
            (clients * each) as f64 / seconds,
            cpu_ticks(daemon) - ticks
        );
        assert_eq!(wrong, 0, "every question has its answer");
    }
}

/// How long each request took, and how many were answered wrongly.
fn all_at_once(
    socket: &Path,
    ids: &[String],
    clients: u64,
    each: u64,
    kind: (Ask, Right),
) -> (Vec<Duration>, usize) {
    let ready = Barrier::new(usize::try_from(clients).unwrap());
    thread::scope(|scope| {
        let asking: Vec<_> = ids
            .iter()
            .cycle()
            .take(usize::try_from(clients).unwrap())
            .map(|id| {
                let ready = &ready;
                scope.spawn(move || one_client(socket, id, each, kind, ready))
            })
            .collect();
        let mut all = (Vec::new(), 0);
        for client in asking {
            let (took, wrong) = client.join().unwrap();
            all.0.extend(took);
            all.1 += wrong;
        }
        all
    })
}

fn one_client(
    socket: &Path,
    id: &str,
    each: u64,
    (ask, right): (Ask, Right),
    ready: &Barrier,
) -> (Vec<Duration>, usize) {
    let mut control = Control::connect(socket);
    let mut wrong = 0;
    ready.wait();
    let took = (0..each)
        .map(|_| {
            let began = Instant::now();
            let reply = control.ask(&ask(id));
            wrong += usize::from(!right(&reply));
            began.elapsed()
        })
        .collect();
    (took, wrong)
}
