//! The golden bytes of the holder protocol: these tests are not to be "fixed".

use app_model::look::{Look, MAX_COLUMNS, MAX_LINES};
use app_model::{Lost, RunNumber, Signal};
use proptest::prelude::*;

use super::*;
use crate::hold::Decoder;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

const SIZE: TerminalSize = TerminalSize { rows: 24, cols: 80, xpixel: 640, ypixel: 480 };

fn status() -> Status {
    Status {
        session: SessionId(0x7c5d_cf5d),
        run: RunNumber(2),
        holder_pid: 100,
        child_pid: 101,
        child_start: 4242,
        started_at_ms: 1_700_000_000_000,
        started_boot_ms: 5_000,
        size: SIZE,
        attached: 1,
        stopping: true,
        last_output_at_ms: 1_700_000_000_500,
        output_bytes: 9,
        title: "vim".into(),
        focused: None,
        paused: false,
    }
}

fn sight() -> Sight {
    Sight {
        look: Look {
            title: "vim".into(),
            progress: 3,
            state: "idle".into(),
            prompt: Some(true),
            command_exit: Some(3),
            bells: 2,
            messages: 1,
            message: "hi".into(),
            lines: vec!["éa".into(), "$".into()],
        },
        last_output_at_ms: 1_700_000_000_500,
        last_typed_at_ms: 1_700_000_000_501,
        focused: Some(false),
    }
}

fn to_holder() -> Vec<(ToHolder, &'static str)> {
    let attach = Attach {
        size: SIZE,
        history_lines: 2000,
        read_only: true,
        steal: false,
        terminal: None,
        voice: Voice::Bell,
    };
    let handed = Attach {
        read_only: false,
        steal: true,
        terminal: Some(Handover { detach_key: 0x1c }),
        ..attach
    };
    let tell = Tell { about: Some(SessionId(7)), title: "é".into(), body: "b".into() };
    let of_several = Tell { about: None, ..tell.clone() };
    let send = Send { data: b"hi".to_vec(), enter: true, keys: false };
    vec![
        (ToHolder::Attach(attach), "0d000000011800500080 02e001d007000001".trim()),
        (ToHolder::Attach(handed), "0e000000011800500080 02e001d0070000061c".trim()),
        (
            ToHolder::Attach(Attach { voice: Voice::Osc9, ..attach }),
            "0e000000011800500080 02e001d0070000 09 01",
        ),
        (
            ToHolder::Attach(Attach { voice: Voice::Osc777, ..handed }),
            "0f000000011800500080 02e001d0070000 0e 1c 02",
        ),
        (
            ToHolder::Attach(Attach { voice: Voice::Osc99, ..attach }),
            "0e000000011800500080 02e001d0070000 09 03",
        ),
        (
            ToHolder::Attach(Attach { voice: Voice::Tmux, ..attach }),
            "0e000000011800500080 02e001d0070000 09 04",
        ),
        (ToHolder::Input(b"x".to_vec()), "010000000278"),
        (ToHolder::Resize(SIZE), "08000000031800500080 02e001"),
        (ToHolder::Detach, "0000000004"),
        (ToHolder::Watch, "0000000005"),
        (ToHolder::Status, "0000000006"),
        (ToHolder::Screen { ansi: true, history_lines: 5 }, "05000000070105000000"),
        (ToHolder::Send(send), "0300000008016869"),
        (ToHolder::Stop { grace_ms: 10_000 }, "040000000910270000"),
        (ToHolder::Kill, "000000000a"),
        (ToHolder::DetachAll, "000000000b"),
        (ToHolder::WatchLooks, "000000000c"),
        (ToHolder::Tell(tell), "0b0000000d 07000000 0200c3a9 010062"),
        (ToHolder::Tell(of_several), "0b0000000d 00000000 0200c3a9 010062"),
        (ToHolder::Pause, "000000000e"),
        (ToHolder::Continue, "000000000f"),
    ]
}

fn from_holder() -> Vec<(FromHolder, &'static str)> {
    let failed = LaunchFailed { exit_code: 127, errno: 2, message: "no".into() };
    let refused = FromHolder::Refused { code: RefusedCode::Busy, message: "no".into() };
    vec![
        (FromHolder::LaunchFailed(failed), "09000000817f0200000002006e6f"),
        (
            FromHolder::Status(status()),
            "48000000825dcf5d7c0200000064000000650000009210000000000000 0068e5cf8b010000\
             8813000000000000 180050008002e001 0100 01 f469e5cf8b010000 0900000000000000\
             030076696d",
        ),
        (
            FromHolder::Status(Status { focused: Some(false), title: String::new(), ..status() }),
            "46000000825dcf5d7c0200000064000000650000009210000000000000 0068e5cf8b010000\
             8813000000000000 180050008002e001 0100 01 f469e5cf8b010000 0900000000000000\
             0000 02",
        ),
        (
            FromHolder::Status(Status { paused: true, title: String::new(), ..status() }),
            "47000000825dcf5d7c0200000064000000650000009210000000000000 0068e5cf8b010000\
             8813000000000000 180050008002e001 0100 01 f469e5cf8b010000 0900000000000000\
             0000 00 01",
        ),
        (FromHolder::Output(b"x".to_vec()), "010000008378"),
        (FromHolder::Screen { last: true, bytes: b"x".to_vec() }, "02000000840178"),
        (
            FromHolder::Exited { exit: Exit::Signal(Signal::TERM), elapsed_ms: 7 },
            "0d00000085010f0000000700000000000000",
        ),
        (
            FromHolder::Exited { exit: Exit::Lost(Lost::Oom), elapsed_ms: 7 },
            "0d0000008502890000000700000000000000",
        ),
        (FromHolder::Detached(DetachReason::ByCommand), "010000008602"),
        (FromHolder::Done, "0000000087"),
        (refused, "05000000880202006e6f"),
        (
            FromHolder::Refused { code: RefusedCode::NobodyAttached, message: String::new() },
            "0300000088060000",
        ),
        (
            FromHolder::Look(Box::new(sight())),
            "38000000890300 76696d 03 0400 69646c65 01 01 03000000 02000000 01000000 0200 6869 \
             02 0300 c3a9 61 0100 24 f469e5cf8b010000 f569e5cf8b010000 02",
        ),
        (
            FromHolder::Look(Box::default()),
            "270000008900 00 00 0000 00 00 00000000 00000000 00000000 0000 00 0000000000000000 \
             0000000000000000 00",
        ),
    ]
}

fn golden(text: &str) -> String {
    text.replace(' ', "")
}

#[test]
fn what_is_said_to_a_holder_is_frozen() {
    for (message, bytes) in to_holder() {
        assert_eq!(hex(&message.to_bytes()), golden(bytes), "{message:?}");
        let mut decoder = Decoder::new();
        decoder.push(&message.to_bytes());
        let frame = decoder.next_frame().unwrap().unwrap();
        assert_eq!(ToHolder::decode(frame), Ok(message));
    }
}

#[test]
fn what_a_holder_says_is_frozen() {
    for (message, bytes) in from_holder() {
        assert_eq!(hex(&message.to_bytes()), golden(bytes), "{message:?}");
        let mut decoder = Decoder::new();
        decoder.push(&message.to_bytes());
        let frame = decoder.next_frame().unwrap().unwrap();
        assert_eq!(FromHolder::decode(frame), Ok(message));
    }
}

#[test]
fn bytes_after_the_known_fields_are_ignored() {
    let frame = Frame { kind: kind::STOP, payload: &[1, 0, 0, 0, 99, 99] };
    assert_eq!(ToHolder::decode(frame), Ok(ToHolder::Stop { grace_ms: 1 }));
}

#[test]
fn a_kind_of_a_later_release_is_a_value() {
    let frame = Frame { kind: 0x7f, payload: b"anything" };
    assert_eq!(ToHolder::decode(frame), Ok(ToHolder::Unknown(0x7f)));
    assert_eq!(FromHolder::decode(frame), Ok(FromHolder::Unknown(0x7f)));
}

#[test]
fn a_way_to_tell_of_a_later_release_is_the_bell() {
    let flags = 8;
    let payload = [24, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, flags, 0x7f];
    let frame = Frame { kind: kind::ATTACH, payload: &payload };
    let Ok(ToHolder::Attach(attach)) = ToHolder::decode(frame) else { panic!("it is not read") };
    assert_eq!((attach.voice, attach.size.cols), (Voice::Bell, 80));
}

#[test]
fn a_payload_that_is_too_short_names_its_kind() {
    let frame = Frame { kind: kind::RESIZE, payload: &[1, 0] };
    assert_eq!(ToHolder::decode(frame), Err(MessageError { kind: kind::RESIZE }));
}

#[test]
fn a_look_is_cut_to_its_limits_and_fits_into_a_frame() {
    let long = "字".repeat(MAX_COLUMNS + 1);
    let look = Look {
        title: long.clone(),
        message: long.clone(),
        lines: vec![long.clone(); MAX_LINES + 1],
        ..Look::default()
    };
    let bytes = FromHolder::Look(Box::new(Sight { look, ..sight() })).to_bytes();
    let mut decoder = Decoder::new();
    decoder.push(&bytes);
    let message = FromHolder::decode(decoder.next_frame().unwrap().unwrap()).unwrap();
    let FromHolder::Look(read) = message else { unreachable!("{message:?}") };
    assert_eq!((read.look.lines.len(), read.focused), (MAX_LINES, Some(false)));
    for text in read.look.lines.iter().chain([&read.look.title, &read.look.message]) {
        assert_eq!(text.chars().count(), MAX_COLUMNS);
    }
}

#[test]
fn long_output_is_cut_into_frames() {
    let long = vec![b'x'; OUTPUT_CHUNK + 1];
    let mut decoder = Decoder::new();
    decoder.push(&FromHolder::Output(long.clone()).to_bytes());
    let mut got = Vec::new();
    while let Some(frame) = decoder.next_frame().unwrap() {
        assert!(frame.payload.len() <= OUTPUT_CHUNK);
        got.extend_from_slice(FromHolder::output_of(&frame).unwrap());
    }
    assert_eq!(got, long);
}

proptest! {
    #[test]
    fn garbage_never_panics(kind: u8, payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let frame = Frame { kind, payload: &payload };
        drop(ToHolder::decode(frame));
        drop(FromHolder::decode(frame));
    }
}
