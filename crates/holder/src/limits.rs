//! Every limit of a holder, with its reason. Nothing here is tuned by configuration:
//! a holder outlives the daemon that started it and must be predictable.

use std::time::Duration;

/// How long input that may become a report of the focus is held back: longer than between
/// two reads of what was written at once, shorter than a person notices.
pub(crate) const REPORT_HOLD: Duration = Duration::from_millis(10);

/// A paste of which nothing came for so long is over.
pub(crate) const PASTE: Duration = Duration::from_secs(2);

/// Notices that wait for a moment at which they harm no output.
pub(crate) const NOTICES: usize = 8;

/// How long a notice waits for such a moment.
pub(crate) const NOTICE: Duration = Duration::from_secs(1);

/// Connections at once. A person has a handful; the rest is a program gone wrong.
pub(crate) const CLIENTS: usize = 64;

/// How long a stranger may take to say hello before it is dropped.
pub(crate) const HELLO_LIMIT: Duration = Duration::from_secs(5);

/// Bytes taken from one client per turn, so that a chatty one starves nobody.
pub(crate) const CLIENT_READ: usize = 64 << 10;

/// Most live output that waits for one client.
pub(crate) const CLIENT_QUEUE: usize = 1 << 20;

/// From here on a client slows the child. One turn of output fits above it.
pub(crate) const HIGH_WATER: usize = CLIENT_QUEUE - OUTPUT_TURN;

/// Bytes of output taken from the child per turn, so that clients are served in between.
pub(crate) const OUTPUT_TURN: usize = 256 << 10;

/// Size of one batch: what is written at once to clients and transcript.
pub(crate) const OUTPUT_BATCH: usize = 64 << 10;

/// Most output that the screen model has yet to see. Much more than a history of the usual
/// length holds, since that much is read of each piece; and little enough to stay in a
/// processor's cache.
pub(crate) const BACKLOG: usize = 1 << 20;

/// The longest colour that was cut for which the model waits.
pub(crate) const CUT_COLOUR: usize = 128;

/// Passing over less than this is not worth moving the rest about.
pub(crate) const WORTH_SKIMMING: usize = BACKLOG / 4;

/// How long output may wait for the screen model in a flood. What is looked at is up to
/// date at any time; only titles and the like are seen this much later.
pub(crate) const LAG: Duration = Duration::from_millis(100);

/// Batches that are under way to the thread of a flood.
pub(crate) const HANDED_OVER: usize = 8;

/// Answers and titles that are under way from it.
pub(crate) const REPORTS: usize = 64;

/// Buffers that are under way to a thread that writes a flood: one that it writes, one for
/// when it has.
pub(crate) const TO_WRITE: usize = 2;

/// The stack of such a thread.
pub(crate) const STACK: usize = 256 << 10;

/// A client that slows the child and takes nothing for this long is left behind.
pub(crate) const STALL: Duration = Duration::from_millis(250);

/// A client that slows the child for this long without a pause is left behind even if it
/// makes some progress: a slow link must not make a build slow.
pub(crate) const HOLD_UP: Duration = Duration::from_secs(2);

/// Between two pictures for a terminal of another size.
pub(crate) const FRAME: Duration = Duration::from_millis(33);

/// How long a terminal that was handed over may take for its reset.
pub(crate) const LEAVE: Duration = Duration::from_secs(1);

/// Memory an empty queue may keep, so that bursts do not ask the allocator every time.
pub(crate) const QUEUE_KEPT: usize = 128 << 10;

/// Most input that waits for the child.
pub(crate) const INPUT: usize = 1 << 20;

/// Between a text that is sent and its Enter: some composers take keys that follow a
/// text at once for a part of the paste.
pub(crate) const ENTER_GAP: Duration = Duration::from_millis(150);

/// Titles change with every spinner frame; watchers hear of them no more often.
pub(crate) const TITLE_GAP: Duration = Duration::from_millis(250);

/// Between two looks at the screen for those who watch it. Spinners turn faster than anybody
/// has to know.
pub(crate) const LOOK_GAP: Duration = Duration::from_millis(250);

/// The same while output floods: each look has to wait until the flood was read.
pub(crate) const LOOK_GAP_FLOOD: Duration = Duration::from_secs(1);

/// From the first output to a look at it, so that it shows a whole frame and not its
/// beginning.
pub(crate) const LOOK_SETTLE: Duration = Duration::from_millis(50);

/// When nothing but the times has changed, they are told this long after what was told last.
pub(crate) const TIMES_GAP: Duration = Duration::from_secs(1);

/// How long no connection is accepted after the system ran out of something.
pub(crate) const ACCEPT_BACKOFF: Duration = Duration::from_millis(200);

/// Size of a transcript's segment: what is lost at once when the cap is reached. A quarter
/// of the cap if that is less.
pub(crate) const SEGMENT: u64 = 8 << 20;

/// The smallest segment, for tiny caps.
pub(crate) const SEGMENT_LEAST: u64 = 4 << 10;

/// After a failed write, this much output goes by before the transcript is tried again.
pub(crate) const TRANSCRIPT_RETRY: u64 = 1 << 20;

/// Or this much time, in milliseconds: a person's keys never are so much output.
pub(crate) const TRANSCRIPT_RETRY_MS: u64 = 5_000;

/// An index of times takes at most one part in so many of what its segment may take. A
/// program that writes a byte now and then fills its index first.
pub(crate) const TIMING_SHARE: u64 = 8;

/// Output that comes within so many milliseconds is said to have come at once: less than
/// a screen shows.
pub(crate) const COALESCE_MS: u64 = 5;

/// How long the output pauses before a closed segment is compressed, and before each
/// frame of it: shorter than between two frames of a spinner, longer than any pause of a
/// flood.
pub(crate) const SEAL_QUIET: Duration = Duration::from_millis(50);

/// Output that is compressed at once. It bounds the memory for that: twice as much, and
/// about a megabyte of zstd's own, all given back after each frame.
pub(crate) const SEAL_FRAME: usize = app_wire::record::sealed::FRAME;

/// How hard zstd tries. More saves little, and takes memory.
pub(crate) const SEAL_LEVEL: i32 = 3;

/// Segments with less output stay as they are: on disk they would hardly get smaller.
pub(crate) const SEAL_LEAST: u64 = 16 << 10;

/// Output read after the end of the child. More than a terminal can hold, so only
/// somebody who still writes is cut off.
pub(crate) const DRAIN: usize = 1 << 20;

/// The longest wait for the word to go on, whatever the daemon says.
pub(crate) const HOLD: Duration = Duration::from_secs(5);

/// How often the tree is looked at for processes that are new in it, while it is stopped.
pub(crate) const PAUSE_ROUNDS: u32 = 10;

/// Grace when somebody ends the holder by SIGTERM instead of asking.
pub(crate) const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// From the request to end to the hang-up, which is for shells: they ignore the former.
/// Not at once, or a program would seem to have died of the hang-up.
pub(crate) const HANG_UP_AFTER: Duration = Duration::from_millis(250);

/// Between two rounds of killing.
pub(crate) const KILL_ROUND: Duration = Duration::from_millis(100);

/// Rounds of killing, about five seconds; what is left then cannot be killed.
pub(crate) const KILL_ROUNDS: u32 = 50;

/// Survivors that the exit record names.
pub(crate) const SURVIVORS_NAMED: usize = 32;

/// Bytes kept free for the exit record: the run's own output may fill the disk.
pub(crate) const RESERVE: usize = 16 << 10;

/// Attempts to write the exit record, each twice as long after the last as before it.
pub(crate) const RECORD_TRIES: u32 = 6;

/// Wait before the second attempt to write the exit record.
pub(crate) const RECORD_FIRST_WAIT: Duration = Duration::from_millis(50);

/// How long a client may take nothing of its last bytes before it is given up.
pub(crate) const FLUSH_STALL: Duration = Duration::from_secs(1);

/// How long the slowest client may take for them, at most. Nobody else waits for it: the
/// record is written and the socket gone.
pub(crate) const FLUSH: Duration = Duration::from_secs(30);

/// Output after which free memory is given back once it is quiet.
pub(crate) const TRIM_AFTER_BYTES: u64 = 16 << 10;

/// Quiet time before free memory is given back.
pub(crate) const TRIM_AFTER: Duration = Duration::from_secs(1);

/// Bytes of the file of troubles, `holder.log`.
pub(crate) const NOTES: u64 = 64 << 10;

/// Bytes of `spec` that are read.
pub(crate) const SPEC: u64 = 16 << 20;

/// Bytes at the end of a plain run's output that are searched for its last line.
pub(crate) const LAST_LINE: u64 = 4 << 10;
