//! One client: hello, then requests and their replies, one at a time.
//!
//! # Invariants
//!
//! 1. Whatever a client sends, only its own connection suffers.
//! 2. What a program inside a session asks is measured before anything is done about it.
//! 3. A client that hangs up while its answer is being made is noticed at once, and the
//!    making is dropped. What must not stop halfway runs in a task of its own.

use std::time::Duration;

use app_model::{SessionId, Trust};
use app_wire::control::{self, ErrorCode, Failure, HELLO, MAX_REPLY, MAX_REQUEST, Reply, Request};
use app_wire::hello::HELLO_LEN;
use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt as _, StreamExt as _};
use interprocess::local_socket::tokio::Stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};
use tracing::{debug, error};

use crate::server::authority::Caller;
use crate::server::failure::failure;
use crate::server::handle;
use crate::server::narrow::Inside;
use crate::service::Service;

/// How long a client may take to say hello.
const HELLO_LIMIT: Duration = Duration::from_secs(5);

/// How long a client may take to let itself be told that there is no room: its socket is empty.
const REFUSE_LIMIT: Duration = Duration::from_millis(100);

/// How long a client may leave a reply unread.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

type Reader<'a> = FramedRead<&'a Stream, LengthDelimitedCodec>;

/// Sends replies to one client.
pub(super) struct Outbox<'a>(FramedWrite<&'a Stream, LengthDelimitedCodec>);

/// The client is not there any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct HungUp;

impl Outbox<'_> {
    /// Sends one reply.
    pub(super) async fn send(&mut self, reply: &Reply) -> Result<(), HungUp> {
        let body = control::encode(reply).unwrap_or_else(|refused| {
            error!(error = &refused as &dyn std::error::Error, "a reply cannot be sent");
            Vec::new()
        });
        match timeout(WRITE_LIMIT, self.0.send(Bytes::from(body))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(HungUp),
        }
    }
}

/// Serves a client until it hangs up.
pub(super) async fn serve(stream: Stream, service: Service, caller: Caller) {
    let inside = match caller {
        Caller::Person | Caller::Inside { trust: Trust::Full, .. } => None,
        Caller::Inside { session, trust } => Some(Inside { session, trust }),
    };
    let service = &service;
    let Some(()) = greet(&stream).await else { return };
    let asked = Asked { service, inside };
    let mut reader = FramedRead::new(&stream, codec(MAX_REQUEST));
    let mut outbox = Outbox(FramedWrite::new(&stream, codec(MAX_REPLY)));
    let mut early = None;
    loop {
        let frame = match early.take() {
            Some(frame) => Some(frame),
            None => next(&mut reader, &mut outbox).await,
        };
        let Some(frame) = frame else { return };
        let Ok(()) = answer(frame, asked, &mut reader, &mut outbox, &mut early).await else {
            return;
        };
    }
}

/// Tells a client that there is no room for it, in one piece with our hello: who only looks at
/// what is there after that has all of it. What it asks is not read.
pub(super) async fn refuse(stream: Stream) {
    let refused = Failure {
        hint: Some("Try again in a moment.".into()),
        ..failure(ErrorCode::Busy, "the daemon serves as many clients inside of sessions as it can")
    };
    let Ok(body) = control::encode(&Reply::Failed(refused)) else { return };
    let Ok(length) = u32::try_from(body.len()) else { return };
    let words = [&HELLO.encode()[..], &length.to_le_bytes(), &body].concat();
    // They may be gone already, and nobody waits for them.
    drop(timeout(REFUSE_LIMIT, (&stream).write_all(&words)).await);
}

async fn greet(mut stream: &Stream) -> Option<()> {
    let greeting = async {
        stream.write_all(&HELLO.encode()).await.ok()?;
        let mut theirs = [0; HELLO_LEN];
        stream.read_exact(&mut theirs).await.ok()?;
        HELLO.agree(theirs).inspect_err(|refused| debug!(%refused, "a stranger")).ok()
    };
    timeout(HELLO_LIMIT, greeting).await.ok()??;
    Some(())
}

fn codec(limit: usize) -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().little_endian().max_frame_length(limit).new_codec()
}

/// The next request, still undecoded; nothing when the stream is over or broken.
async fn next(reader: &mut Reader<'_>, outbox: &mut Outbox<'_>) -> Option<BytesMut> {
    match reader.next().await? {
        Ok(frame) => Some(frame),
        Err(broken) => {
            let refused = failure(
                ErrorCode::Usage,
                format!("the request is longer than {MAX_REQUEST} bytes"),
            );
            debug!(error = &broken as &dyn std::error::Error, "a broken stream");
            // They may be gone already.
            let _ = outbox.send(&Reply::Failed(refused)).await;
            None
        }
    }
}

/// Who is asked, and from where.
#[derive(Clone, Copy)]
struct Asked<'a> {
    service: &'a Service,
    /// None if everything may be asked.
    inside: Option<Inside>,
}

async fn answer(
    frame: BytesMut,
    asked: Asked<'_>,
    reader: &mut Reader<'_>,
    outbox: &mut Outbox<'_>,
    early: &mut Option<BytesMut>,
) -> Result<(), HungUp> {
    let request = match control::decode_request(&frame) {
        Ok(request) => request,
        Err(unread) => {
            debug!(error = &unread as &dyn std::error::Error, "a request cannot be read");
            return outbox.send(&Reply::Failed(not_understood())).await;
        }
    };
    let reply = tokio::select! {
        // In this order: a request that is not waited for is begun all the same.
        biased;
        reply = admit(request, asked, outbox) => reply?,
        () = hung_up(reader, early) => return Err(HungUp), // Invariant 3.
    };
    outbox.send(&reply).await
}

fn not_understood() -> Failure {
    Failure {
        hint: Some(
            "Use the `appctl` of the same release as the daemon, or `appctl daemon restart`."
                .into(),
        ),
        ..failure(ErrorCode::Usage, "the daemon does not understand this request")
    }
}

/// Returns when the client is gone. A request that it sends ahead is kept in `early`;
/// after one nothing more is looked for.
async fn hung_up(reader: &mut Reader<'_>, early: &mut Option<BytesMut>) {
    if early.is_none() {
        match reader.next().await {
            Some(Ok(frame)) => *early = Some(frame),
            Some(Err(_)) | None => return,
        }
    }
    std::future::pending::<()>().await;
}

/// Does what is asked, unless it may not be (invariant 2).
async fn admit(
    request: Request,
    asked: Asked<'_>,
    outbox: &mut Outbox<'_>,
) -> Result<Reply, HungUp> {
    match asked.inside {
        None => dispatch(request, asked.service, None, outbox).await,
        Some(inside) => match inside.admit(asked.service, request).await {
            Ok(request) => dispatch(request, asked.service, Some(inside.session), outbox).await,
            Err(refused) => Ok(Reply::Failed(refused)),
        },
    }
}

/// Does what is asked. What is about all sessions is about those that belong to `within`.
async fn dispatch(
    request: Request,
    service: &Service,
    within: Option<SessionId>,
    outbox: &mut Outbox<'_>,
) -> Result<Reply, HungUp> {
    let answered = match request {
        Request::List { all, detail } => match within {
            None => return handle::list::handle(service, all, detail, outbox).await,
            Some(top) => handle::list::family(service, top, all, detail).await,
        },
        Request::Events { since, follow } => {
            return handle::events::handle(service, since, follow, outbox).await;
        }
        Request::Show { target } => handle::show::handle(service, &target, true).await,
        Request::Find { target } => handle::show::handle(service, &target, false).await,
        Request::Start(start) => handle::start::handle(service, *start).await,
        Request::Resume(resume) => handle::resume::handle(service, resume).await,
        Request::Stop { targets, grace_ms, keep_tasks } => {
            handle::stop::handle(service, &targets, grace_ms, keep_tasks).await
        }
        Request::Rename { target, name } => handle::rename::handle(service, &target, &name).await,
        Request::Remove { targets, force } => {
            handle::remove::handle(service, &targets, force).await
        }
        Request::Pin { targets, pinned } => handle::pin::handle(service, &targets, pinned).await,
        Request::Wake { target, size } => handle::resume::wake(service, &target, size).await,
        Request::Prune { dry_run } => handle::prune::handle(service, dry_run).await,
        Request::Detach { target } => handle::detach::handle(service, &target).await,
        Request::Wait { targets, any } => handle::wait::handle(service, &targets, any).await,
        Request::Status => handle::status::handle(service).await,
        Request::Shutdown { sessions } => handle::shutdown::handle(service, sessions).await,
        Request::Seen { session } => handle::seen::handle(service, session).await,
        Request::Report(reported) => handle::report::handle(service, *reported).await,
        Request::Tasks { target, all } => {
            handle::tasks::handle(service, target.as_ref(), all).await
        }
        Request::Unenforced { target } => handle::limits::handle(service, &target).await,
        Request::Why { target } => handle::why::handle(service, &target).await,
        Request::WaitFor { target, what } => handle::wait_for::handle(service, &target, what).await,
        Request::Notices { unseen } => handle::notices::list(service, unseen, within).await,
        Request::NoticesSeen { through } => handle::notices::seen(service, through, within).await,
        Request::NotifyTest { channel } => handle::notices::test(service, channel.as_deref()).await,
        Request::Pause { targets } => handle::pause::handle(service, &targets, true).await,
        Request::Continue { targets } => handle::pause::handle(service, &targets, false).await,
    };
    Ok(answered.unwrap_or_else(Reply::Failed))
}
