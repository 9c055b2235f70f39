//! Looks for an input that breaks a target, without libFuzzer and on stable Rust.
//! `cargo xtask fuzz` runs it where there is no nightly.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to who started it")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use app_fuzz::{TARGETS, Target, driver};

const USAGE: &str = "\
usage: app-fuzz [TARGET] [--seconds N]      try inputs, other ones each time
       app-fuzz TARGET --input FILE         try this one";

struct Asked {
    targets: Vec<Target>,
    seconds: u64,
    input: Option<String>,
}

fn main() -> ExitCode {
    let Some(asked) = asked(std::env::args().skip(1)) else {
        eprintln!("{USAGE}\ntargets: {}", TARGETS.map(|target| target.name).join(" "));
        return ExitCode::from(2);
    };
    if let Some(path) = asked.input {
        return with_file(&asked.targets, &path);
    }
    for target in &asked.targets {
        // Other inputs each time: the tests try the same ones.
        let number = u64::from(std::process::id()) << 32;
        let limit = Duration::from_secs(asked.seconds);
        let began = Instant::now();
        match driver::run(target, number, |_| began.elapsed() < limit) {
            Ok(tried) => println!("{}: {tried} inputs, none broke it", target.name),
            Err(broken) => {
                eprintln!("{}: {broken}", target.name);
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Option<Asked> {
    let mut asked = Asked { targets: TARGETS.to_vec(), seconds: 60, input: None };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => asked.seconds = arguments.next()?.parse().ok()?,
            "--input" => asked.input = Some(arguments.next()?),
            name => asked.targets = vec![Target::named(name)?],
        }
    }
    Some(asked)
}

fn with_file(targets: &[Target], path: &str) -> ExitCode {
    let input = match std::fs::read(path) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("cannot read {path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    for target in targets {
        if let Err(broken) = driver::attempt(target, &input) {
            eprintln!("{}: {broken}", target.name);
            return ExitCode::FAILURE;
        }
    }
    println!("{path} breaks nothing");
    ExitCode::SUCCESS
}
