//! The driver beside a vault and a relay of the tests' own, over real sockets: what is left behind when a session ends
//! in the middle of something, and how long it waits for others.

use super::connection::Connection;
use super::context::{SessionIds, SmtpContext, policy};
use super::driver::SessionDriver;
use super::link::Links;
use crate::alias::Domain;
use crate::channel::{HandoffReceiver, HandoffSender, MaybeReady, RpcClient, RpcServer, Stream};
use crate::config::settings::smtp::{Fixed, Live};
use crate::runtime::{ConnectionLimits, Drain};
use crate::wire::relay_smtp::{Origin, ToRelay, ToSmtp, Verdict};
use crate::wire::vault_smtp::{AdmitAnswer, Answer, Request, VaultSmtp};
use crate::wire::{Ticket, frame};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

const TEST_TIMEOUT: Duration = Duration::from_secs(10);
const OK: Verdict = Verdict { code: 250, enhanced: (2, 0, 0), origin: Origin::NextHost };

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    runtime.block_on(async { tokio::time::timeout(TEST_TIMEOUT, test).await.unwrap() });
}

fn fixed() -> Fixed {
    let minute = Duration::from_secs(60);
    Fixed { transaction_timeout: minute, after_final_dot: minute, drain_timeout: minute }
}

fn live() -> Live {
    let minute = Duration::from_secs(60);
    Live {
        hostname: "mx.example.org".to_owned(),
        domains: vec![Domain::parse("example.org").unwrap()],
        own_networks: Vec::new(),
        max_message_size: 1 << 30,
        max_sessions: 10,
        max_sessions_per_address: 10,
        max_recipients: 100,
        max_commands: 100_000,
        max_errors: 20,
        max_unknown: 50,
        greeting_delay: Duration::ZERO,
        command_timeout: minute,
        data_timeout: minute,
    }
}

/// Admits every message that it is asked about, one number after the other, once it may.
struct Vault {
    may_admit: watch::Sender<bool>,
    admitted: Rc<Cell<u8>>,
    released: Rc<RefCell<Vec<Ticket>>>,
}

fn ticket(number: u8) -> Ticket {
    Ticket::from_random([number; 16])
}

impl Vault {
    fn start(admits: bool) -> (Self, RpcClient<VaultSmtp>) {
        let (caller, owner) = UnixStream::pair().unwrap();
        let this = Self { may_admit: watch::Sender::new(admits), admitted: Rc::default(), released: Rc::default() };
        let (admitted, released, may_admit) =
            (Rc::clone(&this.admitted), Rc::clone(&this.released), this.may_admit.subscribe());
        let answer = move |_, request| match request {
            Request::Admit(_) => {
                admitted.set(admitted.get() + 1);
                let (ticket, mut may_admit) = (ticket(admitted.get()), may_admit.clone());
                Some(MaybeReady::later(async move {
                    let _ = may_admit.wait_for(|may| *may).await;
                    Answer::Admit(AdmitAnswer::Admitted { ticket })
                }))
            }
            Request::Release(release) => {
                released.borrow_mut().push(release.ticket);
                None
            }
            Request::Metrics(_) => None,
        };
        RpcServer::default().serve(vec![(Stream::new(owner).unwrap(), 0)], answer);
        (this, RpcClient::new(Stream::new(caller).unwrap()))
    }

    /// Waits until as many were asked for.
    async fn asked(&self, admits: u8) {
        while self.admitted.get() < admits {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until all that was admitted is released, each once.
    async fn all_released(&self) {
        while self.released.borrow().len() < usize::from(self.admitted.get()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let released: BTreeSet<_> = self.released.borrow().iter().map(|ticket| *ticket.as_bytes()).collect();
        assert_eq!(released, (1..=self.admitted.get()).map(|n| [n; 16]).collect());
    }
}

/// How far a relay plays along.
#[derive(Clone, Copy, PartialEq)]
enum RelayBehavior {
    /// Accepts recipients and messages.
    Delivers,
    /// Accepts recipients, reads nothing more.
    NeverReads,
    /// Accepts recipients and reads the message, gives no verdict.
    NeverAnswers,
}

async fn relay(connections: HandoffReceiver, behavior: RelayBehavior) {
    while let Some(stream) = connections.accept().await.unwrap() {
        tokio::task::spawn_local(relay_connection(stream, behavior));
    }
}

async fn relay_connection(stream: Stream, behavior: RelayBehavior) {
    let (mut input, mut output) = (Vec::new(), Vec::new());
    while stream.read(&mut input).await.unwrap() > 0 {
        while let Some((frame, taken)) = frame::decode::<ToRelay<'_>>(&input).unwrap() {
            match frame {
                ToRelay::Recipient { .. } => frame::encode(&ToSmtp::Verdict(OK), &mut output).unwrap(),
                ToRelay::End if behavior == RelayBehavior::Delivers => {
                    frame::encode(&ToSmtp::Verdict(OK), &mut output).unwrap()
                }
                ToRelay::Abort => frame::encode(&ToSmtp::Aborted, &mut output).unwrap(),
                _ => {}
            }
            input.drain(..taken);
        }
        if stream.write_all(&output).await.is_err() {
            return;
        }
        let answered = !std::mem::take(&mut output).is_empty();
        if behavior == RelayBehavior::NeverReads && answered {
            std::future::pending::<()>().await;
        }
    }
}

/// A context with its vault, and where the relay gets its connections.
fn context(fixed: Fixed, admits: bool) -> (Rc<SmtpContext>, Vault, HandoffReceiver) {
    let (vault, client) = Vault::start(admits);
    let settings = live();
    let (sender, receiver) = UnixStream::pair().unwrap();
    let (sender, receiver) = (OwnedFd::from(sender), OwnedFd::from(receiver));
    let context = Rc::new(SmtpContext {
        vault: client,
        links: Rc::new(Links::new(HandoffSender::new(sender).unwrap())),
        connection_limits: ConnectionLimits::new(settings.max_sessions, settings.max_sessions_per_address),
        recorder: Rc::default(),
        session_ids: Rc::default(),
        started: Instant::now(),
        greeting_delay: settings.greeting_delay,
        own_networks: settings.own_networks.as_slice().into(),
        policy: Rc::new(policy(&fixed, settings)),
        fixed,
    });
    (context, vault, HandoffReceiver::new(receiver).unwrap())
}

struct Rig {
    address: SocketAddr,
    vault: Vault,
    drain: Rc<Drain>,
    socket_buffers: Option<u32>,
}

impl Rig {
    /// Serves one session after the other.
    async fn start(fixed: Fixed, admits: bool, behavior: RelayBehavior, socket_buffers: Option<u32>) -> Self {
        let (context, vault, receiver) = context(fixed, admits);
        tokio::task::spawn_local(relay(receiver, behavior));
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(octets) = socket_buffers {
            // Connections inherit it.
            socket.set_send_buffer_size(octets).unwrap();
        }
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(10).unwrap();
        let (address, drain) = (listener.local_addr().unwrap(), Rc::new(Drain::default()));
        let entrance = Rc::clone(&drain);
        tokio::task::spawn_local(async move {
            loop {
                let (stream, peer) = listener.accept().await.unwrap();
                let permit = context.connection_limits.try_acquire(peer.ip()).unwrap();
                let id = context.session_ids.next();
                let session = SessionDriver::new(Connection::new(stream), peer.ip(), id, permit, Rc::clone(&context));
                tokio::task::spawn_local(session.serve(entrance.enter()));
            }
        });
        Self { address, vault, drain, socket_buffers }
    }

    /// A client that has been greeted.
    async fn connect(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(octets) = self.socket_buffers {
            socket.set_recv_buffer_size(octets).unwrap();
        }
        let mut client = socket.connect(self.address).await.unwrap();
        expect(&mut client, "220").await;
        client
    }
}

/// Waits until the client has read a line that begins so.
async fn expect(client: &mut TcpStream, code: &str) {
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(client.read_u8().await.unwrap());
        }
        if line.starts_with(code.as_bytes()) {
            return;
        }
    }
}

/// What the client has been sent is not sent again, whenever the session is ended.
#[test]
fn r0014_a_drain_that_expires_in_the_middle_of_replies_repeats_none() {
    const COMMANDS: usize = 1000;
    run(async {
        let rig = Rig::start(fixed(), true, RelayBehavior::Delivers, Some(4096)).await;
        let mut client = rig.connect().await;
        client.write_all(&b"HELP\r\n".repeat(COMMANDS)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let finishing = Rc::clone(&rig.drain);
        tokio::task::spawn_local(async move { finishing.finish(Duration::ZERO).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut replies = String::new();
        client.read_to_string(&mut replies).await.unwrap();
        let (last, help): (Vec<_>, Vec<_>) = replies.lines().partition(|line| !line.ends_with("made on the web"));
        assert_eq!(last, ["421 4.3.2 Service shutting down, try again later"]);
        assert_eq!(help.len(), COMMANDS);
    });
}

/// What the vault was asked to admit is released, whenever the session is ended.
#[test]
fn r0015_a_drain_that_expires_while_the_vault_is_asked_loses_no_ticket() {
    run(async {
        let rig = Rig::start(fixed(), false, RelayBehavior::Delivers, None).await;
        let mut client = rig.connect().await;
        client
            .write_all(b"HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<c@example.org>\r\n")
            .await
            .unwrap();
        rig.vault.asked(3).await;
        let finishing = Rc::clone(&rig.drain);
        tokio::task::spawn_local(async move { finishing.finish(Duration::ZERO).await });
        expect(&mut client, "421 4.3.2").await;
        rig.vault.may_admit.send_replace(true);
        rig.vault.all_released().await;
    });
}

/// A vault that does not answer costs the recipient, and not forever.
#[test]
fn r0016_a_vault_that_does_not_answer_is_not_waited_for_without_end() {
    run(async {
        let fixed = Fixed { transaction_timeout: Duration::from_millis(300), ..fixed() };
        let rig = Rig::start(fixed, false, RelayBehavior::Delivers, None).await;
        let mut client = rig.connect().await;
        client.write_all(b"HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<a@example.org>\r\n").await.unwrap();
        expect(&mut client, "451 4.3.0").await;
        rig.vault.may_admit.send_replace(true);
        rig.vault.all_released().await;
    });
}

/// A relay that does not read costs the message, and not forever.
#[test]
fn r0017_a_relay_that_does_not_read_is_not_waited_for_without_end() {
    run(async {
        let fixed = Fixed { transaction_timeout: Duration::from_millis(500), ..fixed() };
        let rig = Rig::start(fixed, true, RelayBehavior::NeverReads, None).await;
        let mut client = rig.connect().await;
        client.write_all(b"HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n").await.unwrap();
        expect(&mut client, "354").await;
        let (mut reading, mut writing) = client.into_split();
        tokio::task::spawn_local(async move {
            while writing.write_all(&[&[b'x'; 998][..], b"\r\n"].concat()).await.is_ok() {}
        });
        let mut replies = Vec::new();
        let _ = reading.read_to_end(&mut replies).await;
        assert!(replies.starts_with(b"421 4.4.2"), "{}", replies.escape_ascii());
        rig.vault.all_released().await;
    });
}

/// A relay that gives no verdict costs the message, and not forever. Whether it was delivered is in doubt.
#[test]
fn r0018_a_relay_that_gives_no_verdict_is_not_waited_for_without_end() {
    run(async {
        let fixed = Fixed { after_final_dot: Duration::from_millis(300), ..fixed() };
        let rig = Rig::start(fixed, true, RelayBehavior::NeverAnswers, None).await;
        let mut client = rig.connect().await;
        client.write_all(b"HELO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n").await.unwrap();
        expect(&mut client, "354").await;
        client.write_all(b"x\r\n.\r\nNOOP\r\n").await.unwrap();
        expect(&mut client, "451 4.3.0").await;
        expect(&mut client, "250 2.0.0").await;
        assert!(rig.vault.released.borrow().is_empty());
    });
}

/// An idle session is little more than its buffers: its size is what 10,000 of them cost.
#[test]
fn an_idle_session_is_small() {
    run(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (context, _vault, _relay) = context(fixed(), true);
        let peer = "2001:db8::1".parse().unwrap();
        let permit = context.connection_limits.try_acquire(peer).unwrap();
        let session = SessionDriver::new(Connection::new(stream), peer, context.session_ids.next(), permit, context);
        let (session_size, drain) = (size_of_val(&session), Drain::default());
        let task_size = size_of_val(&session.serve(drain.enter()));
        println!("session {session_size} octets, its task {task_size}");
        assert!(task_size <= 1200);
    });
}

/// No two processes share identifiers, and they tell neither order nor number.
#[test]
fn session_ids_are_opaque_and_unique() {
    let processes = [SessionIds::default(), SessionIds::default()];
    let ids: Vec<_> = (0..2000).map(|n| processes[n % 2].next().0).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 2000);
    let ascending = ids.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!((800..1200).contains(&ascending), "{ascending}");
}
