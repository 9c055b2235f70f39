//! One user of everything: a command after the other, some from a terminal, and now and then
//! what no program of ours would say.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use app_tests::home::{self, is_id};
use app_tests::{Home, wait};
use app_wire::control::{self, Request};
use app_wire::hello::HELLO_LEN;

use crate::dice::Dice;
use crate::programs::{Ends, PROGRAMS};

/// Codes of a command that went wrong by itself: a panic, and the signals of crashes.
const CRASHED: [i32; 5] = [101, 128 + 4, 128 + 6, 128 + 7, 128 + 11];

/// Requests that are sent one after the other on one connection.
const BURST: usize = 200;

/// How long a daemon may take for an answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// What it does next.
enum Deed {
    /// A command.
    Run(Vec<String>),
    /// A command that starts one of the programs.
    Start(usize),
    /// A terminal is opened with it, and let go.
    Attach(String),
    /// Many requests, as fast as they are answered.
    Burst,
    /// Bytes that mean nothing.
    Garbage,
}

/// Somebody with a plan.
pub(crate) struct Client<'h> {
    home: &'h Home,
    dice: Dice,
    /// Most sessions.
    sessions: u64,
    ends: &'h Ends,
}

impl<'h> Client<'h> {
    pub(crate) fn new(home: &'h Home, dice: Dice, sessions: u64, ends: &'h Ends) -> Self {
        Self { home, dice, sessions, ends }
    }

    /// One thing after the other, until then. Returns how many.
    pub(crate) fn go_on(&mut self, until: Instant) -> u64 {
        let mut count = 0;
        while Instant::now() < until {
            match self.next() {
                Deed::Run(words) => drop(self.run(&words)),
                Deed::Start(program) => self.start(program),
                Deed::Attach(id) => self.attach(&id),
                // Nobody may be there to answer.
                Deed::Burst => drop(self.burst()),
                Deed::Garbage => drop(self.garbage()),
            }
            count += 1;
        }
        count
    }

    /// Another session while there are fewer than there may be, or something with one that
    /// is there.
    fn next(&mut self) -> Deed {
        let known = self.known();
        let is_full = known.len() as u64 >= self.sessions;
        let id = match self.dice.one_of(&known) {
            Some(id) if is_full || self.dice.below(3) > 0 => id.as_str(),
            _ => return Deed::Start(usize::try_from(self.dice.below(6)).unwrap()),
        };
        let words: &[&str] = match self.dice.below(24) {
            0 | 1 => &["resume", "--bg", id],
            2 | 3 => &["stop", "--grace", "1s", id],
            4 => &["kill", id],
            5 | 6 => &["rm", "--force", id],
            7 => &["rename", id, "renamed"],
            8 => &["send", "--enter", id, "words"],
            9 => &["peek", id],
            10 => &["logs", id],
            11 => &["show", "--json", id],
            12 => &["ls", "--all", "--json"],
            13 => &["pause", id],
            14 => &["continue", id],
            15 => &["pin", id],
            16 => &["events", "--json", "--since", "0"],
            17 => &["why", id],
            18 => &["notices"],
            19 => &["prune"],
            20 | 21 => return Deed::Attach(id.to_owned()),
            22 if self.dice.below(4) == 0 => return Deed::Garbage,
            22 => return Deed::Burst,
            _ => &["wait", "--timeout", "1s", id],
        };
        Deed::Run(words.iter().map(|&word| word.to_owned()).collect())
    }

    /// The sessions that have a directory.
    fn known(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.state_dir().join("sessions")).into_iter().flatten();
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
    }

    fn run(&self, words: &[String]) -> app_tests::Outcome {
        let outcome = home::run(self.home.appctl_command(words), b"");
        assert!(!CRASHED.contains(&outcome.code()), "{outcome:?}\n{}", self.home.daemon_log());
        outcome
    }

    fn start(&self, program: usize) {
        let words = ["start", "--bg", "-q", "--", "sh", "-c", PROGRAMS[program].script];
        let said = self.run(&words.map(str::to_owned)).out();
        if is_id(said.trim()) {
            self.ends.started(said.trim(), program);
        }
    }

    /// Whoever wants may let go of it, as often as it takes.
    fn attach(&self, id: &str) {
        let mut terminal = self.home.terminal(&["attach", id]);
        wait::until("a terminal to be let go", || {
            terminal.settle();
            if terminal.is_over() {
                return Ok(());
            }
            let detached = self.run(&["detach".to_owned(), id.to_owned()]);
            Err(format!("{detached:?}\n{}", String::from_utf8_lossy(terminal.raw())))
        });
        let code = terminal.wait_exit();
        assert!(!CRASHED.contains(&code), "attach ended with {code}");
    }

    fn connected(&self) -> Option<UnixStream> {
        let stream = UnixStream::connect(self.home.control_socket()).ok()?;
        stream.set_read_timeout(Some(ANSWER_LIMIT)).ok()?;
        Some(stream)
    }

    fn burst(&self) -> Option<()> {
        let mut stream = self.connected()?;
        stream.write_all(&control::HELLO.encode()).ok()?;
        stream.read_exact(&mut [0; HELLO_LEN]).ok()?;
        let body = control::encode(&Request::Status).ok()?;
        for _ in 0..BURST {
            stream.write_all(&u32::try_from(body.len()).ok()?.to_le_bytes()).ok()?;
            stream.write_all(&body).ok()?;
            let mut length = [0; 4];
            stream.read_exact(&mut length).ok()?;
            let mut reply = vec![0; usize::try_from(u32::from_le_bytes(length)).ok()?];
            stream.read_exact(&mut reply).ok()?;
        }
        Some(())
    }

    fn garbage(&mut self) -> Option<()> {
        let mut stream = self.connected()?;
        let bytes: Vec<u8> = (0..64).map(|_| self.dice.below(256).to_le_bytes()[0]).collect();
        if self.dice.below(2) == 0 {
            stream.write_all(&control::HELLO.encode()).ok()?;
        }
        stream.write_all(&bytes).ok()
    }
}
