//! Conversations with a host that follows a script.

use super::*;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

const HELLO: [(&str, &str); 2] = [("", "220 x\r\n"), ("EHLO", "250-x\r\n250 PIPELINING\r\n")];
const ENVELOPE: [(&str, &str); 2] = [("MAIL", "250 x\r\n"), ("RCPT", "250 x\r\n")];

/// Reads up to a line that begins so (nothing, if that is empty) and replies; at the end of the script it closes its
/// direction and reads on. Returns all it has read.
fn host(script: Vec<(&'static str, &'static str)>) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut input = BufReader::new(stream.try_clone().unwrap());
        let mut heard = String::new();
        for (verb, reply) in script {
            let is_due = |line: &str| if verb == "." { line == "." } else { line.starts_with(verb) };
            while !verb.is_empty() && !heard.lines().next_back().is_some_and(is_due) {
                if input.read_line(&mut heard).unwrap() == 0 {
                    return heard;
                }
            }
            stream.write_all(reply.as_bytes()).unwrap();
        }
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        // What the client has not read may reset the connection.
        let _ = input.read_to_string(&mut heard);
        heard
    });
    (address, thread)
}

fn script(parts: &[&[(&'static str, &'static str)]]) -> Vec<(&'static str, &'static str)> {
    parts.concat()
}

fn timeouts(all: Duration) -> Timeouts {
    Timeouts { connect: all, command: all, data_init: all, data_block: all, data_end: all }
}

fn run<T>(conversation: impl Future<Output = T>) -> T {
    tokio::runtime::LocalRuntime::new().unwrap().block_on(conversation)
}

async fn connect(address: SocketAddr) -> Result<SmtpConnection, ConnectionLost> {
    connect_within(address, Duration::from_secs(10)).await
}

async fn connect_within(address: SocketAddr, limit: Duration) -> Result<SmtpConnection, ConnectionLost> {
    SmtpConnection::over(Transport::connect(address).await?, "us.example", timeouts(limit)).await
}

/// Up to the content of a message.
async fn up_to_content(address: SocketAddr) -> SmtpConnection {
    let mut connection = connect(address).await.unwrap();
    let recipient = RealAddress::parse_new("one@a.example").unwrap();
    let statuses = connection.mail(&MailFrom::default(), &[&recipient]).await.unwrap().unwrap();
    assert!(statuses.len() == 1 && statuses[0].is_positive());
    connection.data().await.unwrap().unwrap();
    connection.content(b".x\r\n").unwrap();
    connection
}

fn kind(lost: &ConnectionLost) -> Option<ErrorKind> {
    match &lost.cause {
        ConnectionError::Io(cause) => Some(cause.kind()),
        ConnectionError::Protocol(_) => None,
    }
}

#[test]
fn small_content_goes_out_with_the_final_dot() {
    let (address, host) = host(script(&[&HELLO, &ENVELOPE, &[("DATA", "354 x\r\n"), (".", "250 x\r\n")]]));
    run(async {
        let mut connection = up_to_content(address).await;
        assert_eq!(connection.unflushed(), "..x\r\n".len());
        assert!(connection.end().await.unwrap().is_positive());
        assert!(connection.is_ready());
    });
    assert!(host.join().unwrap().ends_with("DATA\r\n..x\r\n.\r\n"));
}

/// F11: a reply before the dot is no reply to the message, in one piece with 354 or after it.
#[test]
fn a_reply_that_nobody_asked_for_keeps_the_dot_back() {
    for wait in [Duration::ZERO, Duration::from_millis(300)] {
        let replies: &[_] = if wait.is_zero() {
            &[("DATA", "354 x\r\n250 x\r\n")]
        } else {
            &[("DATA", "354 x\r\n"), ("", "250 x\r\n")]
        };
        let (address, host) = host(script(&[&HELLO, &ENVELOPE, replies]));
        run(async {
            let mut connection = up_to_content(address).await;
            tokio::time::sleep(wait).await;
            let lost = connection.end().await.unwrap_err();
            assert!(matches!(lost.cause, ConnectionError::Protocol(ClientError::Unasked)), "{}", lost.cause);
            assert!(!lost.dot_flushed && !connection.is_ready());
        });
        assert!(host.join().unwrap().ends_with("DATA\r\n"));
    }
}

#[test]
fn a_refusal_before_the_dot_is_the_reply_to_the_message() {
    let (address, host) = host(script(&[&HELLO, &ENVELOPE, &[("DATA", "354 x\r\n552 5.3.4 x\r\n")]]));
    run(async {
        let mut connection = up_to_content(address).await;
        assert_eq!(connection.end().await.unwrap().code, 552);
        assert!(!connection.is_ready());
    });
    assert!(host.join().unwrap().ends_with("DATA\r\n"));
}

/// Accepts a connection and converses up to the reply to DATA. What has come of the content is read in small pieces.
fn accept_up_to_data(listener: &TcpListener) -> (TcpStream, BufReader<TcpStream>) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut input = BufReader::with_capacity(512, stream.try_clone().unwrap());
    let mut line = String::new();
    for (verb, reply) in script(&[&HELLO, &ENVELOPE, &[("DATA", "354 x\r\n")]]) {
        while !verb.is_empty() && !line.starts_with(verb) {
            line.clear();
            input.read_line(&mut line).unwrap();
        }
        stream.write_all(reply.as_bytes()).unwrap();
    }
    (stream, input)
}

/// F7: the host says why, hangs up, and has not read all that was on its way.
#[test]
fn a_refusal_while_content_is_on_its_way_is_the_reply_to_the_message() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let host = std::thread::spawn(move || {
        let (mut stream, mut input) = accept_up_to_data(&listener);
        input.read_exact(&mut vec![0; 200_000]).unwrap();
        stream.write_all(b"552 5.3.4 x\r\n").unwrap();
    });
    run(async {
        let mut connection = up_to_content(address).await;
        let refusal = loop {
            connection.content(&b"0123456789\r\n".repeat(100_000)).unwrap();
            if let Some(refusal) = connection.flush_content().await.unwrap() {
                break refusal;
            }
        };
        assert_eq!((refusal.code, connection.is_ready()), (552, false));
    });
    host.join().unwrap();
}

/// What is lost with a connection depends on where it is lost.
#[test]
fn whether_the_dot_was_flushed() {
    // Closed at the greeting, at EHLO, at DATA, before the dot, after it.
    for (script, dot_flushed) in [
        (script(&[]), false),
        (script(&[&HELLO[..1]]), false),
        (script(&[&HELLO, &ENVELOPE]), false),
        (script(&[&HELLO, &ENVELOPE, &[("DATA", "354 x\r\n"), (".", "")]]), true),
        (script(&[&HELLO, &ENVELOPE, &[("DATA", "354 x\r\n"), (".", "HTTP/1.1 200\r\n")]]), true),
    ] {
        let not_smtp = script.iter().any(|(_, reply)| reply.starts_with("HTTP"));
        let (address, host) = host(script);
        let lost = run(async {
            let mut connection = match connect(address).await {
                Ok(connection) => connection,
                Err(lost) => return lost,
            };
            let recipient = RealAddress::parse_new("one@a.example").unwrap();
            connection.mail(&MailFrom::default(), &[&recipient]).await.unwrap().unwrap();
            match connection.data().await {
                Ok(reply) => reply.unwrap(),
                Err(lost) => return lost,
            }
            connection.content(b"x\r\n").unwrap();
            connection.end().await.unwrap_err()
        });
        assert_eq!(lost.dot_flushed, dot_flushed);
        assert_eq!(kind(&lost), (!not_smtp).then_some(ErrorKind::UnexpectedEof), "{}", lost.cause);
        host.join().unwrap();
    }
}

#[test]
fn errors_keep_their_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    run(async {
        // Connected by the kernel, and never greeted.
        let silent = connect_within(address, Duration::from_millis(50)).await;
        assert_eq!(silent.err().as_ref().and_then(kind), Some(ErrorKind::TimedOut));
        drop(listener);
        assert_eq!(connect(address).await.err().as_ref().and_then(kind), Some(ErrorKind::ConnectionRefused));
    });
    for (greeting, expected) in [("554 x\r\n", "greets with 554"), ("HTTP/1.1 400\r\n", "not SMTP")] {
        let (address, host) = host(vec![("", greeting)]);
        assert_eq!(run(connect(address)).err().map(|lost| lost.cause.to_string()).as_deref(), Some(expected));
        host.join().unwrap();
    }
}

#[test]
fn a_connection_that_was_idle() {
    // Reset and used again; closed; told that it is over.
    for (last, stale) in [
        (&[("RSET", "250 x\r\n"), ("", ""), ("MAIL", "250 x\r\n"), ("RCPT", "250 x\r\n")][..], false),
        (&[("RSET", "250 x\r\n")], true),
        (&[("RSET", "250 x\r\n421 x\r\n"), ("QUIT", "")], true),
    ] {
        let (address, host) = host(script(&[&HELLO, &ENVELOPE, last]));
        run(async {
            let mut connection = connect(address).await.unwrap();
            let recipient = RealAddress::parse_new("one@a.example").unwrap();
            connection.mail(&MailFrom::default(), &[&recipient]).await.unwrap().unwrap();
            connection.reset().await.unwrap();
            connection.shrink();
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert_eq!(connection.is_stale(), stale);
            if !stale {
                connection.mail(&MailFrom::default(), &[&recipient]).await.unwrap().unwrap();
            }
        });
        host.join().unwrap();
    }
}

/// F13.
#[test]
fn without_pipelining_mail_waits_for_the_reply_to_rset() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let host = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut commands = Vec::new();
        stream.write_all(b"220 x\r\n").unwrap();
        let mut octets = [0; 1000];
        while let Ok(length @ 1..) = stream.read(&mut octets) {
            commands.push(String::from_utf8_lossy(&octets[..length]).into_owned());
            // Time enough for a client that does not wait.
            std::thread::sleep(Duration::from_millis(50));
            stream.write_all(b"250 x\r\n").unwrap();
        }
        commands
    });
    run(async {
        let mut connection = connect(address).await.unwrap();
        let recipient = RealAddress::parse_new("one@a.example").unwrap();
        connection.mail(&MailFrom::default(), &[&recipient, &recipient]).await.unwrap().unwrap();
        connection.reset().await.unwrap();
        connection.mail(&MailFrom::default(), &[&recipient]).await.unwrap().unwrap();
        connection.close().await.unwrap();
    });
    let (mail, rcpt) = ("MAIL FROM:<>\r\n", "RCPT TO:<one@a.example>\r\n");
    let expected = ["EHLO us.example\r\n", mail, rcpt, rcpt, "RSET\r\n", mail, rcpt, "RSET\r\n", "QUIT\r\n"];
    assert_eq!(host.join().unwrap(), expected);
}

/// The limit is for the whole block: a host that takes a few octets at a time does not stretch it. What waits for the
/// verdict on a message relies on this sum of limits.
#[test]
fn a_host_that_takes_little_at_a_time_does_not_stretch_the_limit() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (done, ended) = std::sync::mpsc::channel::<()>();
    let host = std::thread::spawn(move || {
        let (_stream, mut input) = accept_up_to_data(&listener);
        // Enough for the kernel to tell the client each time that there is room.
        let mut some = vec![0; 256 * 1024];
        while ended.recv_timeout(Duration::from_millis(100)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            if input.get_mut().read(&mut some).unwrap_or(0) == 0 {
                break;
            }
        }
    });
    run(async {
        let limit = Duration::from_secs(1);
        let slow = connect_within(address, limit).await;
        let mut connection = slow.unwrap();
        let recipient = RealAddress::parse_new("one@a.example").unwrap();
        connection.mail(&MailFrom::default(), &[&recipient]).await.unwrap().unwrap();
        connection.data().await.unwrap().unwrap();
        connection.content(&b"x\r\n".repeat(8 << 20)).unwrap();
        let began = Instant::now();
        let lost = connection.flush().await.unwrap_err();
        assert_eq!(kind(&lost), Some(ErrorKind::TimedOut));
        assert!(began.elapsed() < 5 * limit, "{:?}", began.elapsed());
    });
    drop(done);
    host.join().unwrap();
}
