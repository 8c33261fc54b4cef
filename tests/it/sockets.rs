//! Inherited sockets: by name, else by port, never by order; several of a service; only one service; and what is no
//! listening TCP socket is one clear line. With a real systemd-socket-activate.

use crate::fixture::{
    Client, DEADLINE, DEADLINE_SECONDS, Daemon, Smarthost, Store, directory, free_port, signal, until,
};
use command_fds::{CommandFdExt, FdMapping};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A daemon that is handed what a test thinks of.
struct Handed {
    dir: TempDir,
    child: Child,
}

fn configured(smtp_port: u16, web_port: u16) -> (TempDir, PathBuf) {
    let dir = directory();
    let path = dir.path().display();
    let next = Smarthost::start().address;
    let text = format!(
        "hostname = 'mx.example.org'\ndomains = ['example.org']\nruntime_dir = '{path}/run'\nstate_dir = '{path}'\n\
         user = 'nobody'\ngroup = 'nogroup'\n[relay]\nsmarthost = '{next}'\n[smtp]\nlisten = ['127.0.0.1:{smtp_port}']\n\
         [web]\nlisten = ['127.0.0.1:{web_port}']\n"
    );
    let file = dir.path().join("tempalias.toml");
    fs::write(&file, text).unwrap();
    (dir, file)
}

impl Handed {
    /// `descriptors` in this order, with these names; the configuration names these ports.
    fn start(descriptors: Vec<OwnedFd>, names: Option<&str>, smtp_port: u16, web_port: u16) -> Self {
        let (dir, file) = configured(smtp_port, web_port);
        let mut command = Command::new(env!("CARGO_BIN_EXE_tempalias"));
        command.args(["serve", "--config"]).arg(file).env_remove("LISTEN_PID").env_remove("JOURNAL_STREAM");
        command.env("LISTEN_FDS", descriptors.len().to_string()).env_remove("LISTEN_FDNAMES");
        if let Some(names) = names {
            command.env("LISTEN_FDNAMES", names);
        }
        let mapping = (3..).zip(descriptors).map(|(child_fd, parent_fd)| FdMapping { parent_fd, child_fd });
        command.fd_mappings(mapping.collect()).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(dir.path().join("log")).unwrap());
        Self { dir, child: command.spawn().unwrap() }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    /// Its exit code and its last line.
    fn refusal(mut self) -> (Option<i32>, String) {
        until("the daemon has given up", || self.child.try_wait().unwrap().is_some());
        let code = self.child.wait().unwrap().code();
        (code, self.log().lines().last().unwrap_or_default().to_owned())
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            signal(self.child.id(), "TERM");
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- the daemon's log\n{}", self.log());
        }
    }
}

fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn serves_mail(port: u16) {
    Client::greeted(([127, 0, 0, 1], port).into()).ask("QUIT", "221");
}

fn serves_pages(port: u16) {
    let output = Command::new("curl")
        .args(["-s", "-m", DEADLINE_SECONDS])
        .arg(format!("http://127.0.0.1:{port}/healthz"))
        .output();
    assert_eq!(output.unwrap().stdout, b"ok\n");
}

#[test]
fn names_tell_what_is_what_in_either_order() {
    for swapped in [false, true] {
        let ((smtp, smtp_port), (web, web_port)) = (listen(), listen());
        let (descriptors, names) = if swapped {
            (vec![web.into(), smtp.into()], "web:smtp")
        } else {
            (vec![smtp.into(), web.into()], "smtp:web")
        };
        // The ports in the configuration, which is not looked at, are those of the other.
        let _daemon = Handed::start(descriptors, Some(names), web_port, smtp_port);
        serves_mail(smtp_port);
        serves_pages(web_port);
    }
}

#[test]
fn ports_tell_where_names_do_not() {
    for names in [None, Some("tempalias.socket:tempalias.socket"), Some("unknown:unknown")] {
        let ((smtp, smtp_port), (web, web_port)) = (listen(), listen());
        let _daemon = Handed::start(vec![web.into(), smtp.into()], names, smtp_port, web_port);
        serves_mail(smtp_port);
        serves_pages(web_port);
    }
}

#[test]
fn a_service_may_have_several_and_the_other_none() {
    let ((one, one_port), (two, two_port)) = (listen(), listen());
    let daemon = Handed::start(vec![one.into(), two.into()], Some("smtp:smtp"), 25, 80);
    serves_mail(one_port);
    serves_mail(two_port);
    assert!(daemon.log().contains("no socket for web was handed over"));
    drop(daemon);
    let (web, web_port) = listen();
    let _daemon = Handed::start(vec![web.into()], Some("web"), 25, 80);
    serves_pages(web_port);
}

#[test]
fn what_is_no_listening_socket_is_one_clear_line() {
    let (smtp, smtp_port) = listen();
    let connected: OwnedFd = TcpStream::connect(("127.0.0.1", smtp_port)).unwrap().into();
    let datagram: OwnedFd = UdpSocket::bind("127.0.0.1:0").unwrap().into();
    let file: OwnedFd = File::open("/dev/null").unwrap().into();
    for (what, descriptor) in [("connected", connected), ("datagram", datagram), ("file", file)] {
        let (code, line) = Handed::start(vec![descriptor], Some("smtp"), 25, 80).refusal();
        println!("{what}: {code:?} {line}");
        assert_eq!(code, Some(64));
        assert!(line.contains("inherited descriptor \"smtp\""), "{line}");
    }
    let (code, line) = Handed::start(vec![smtp.into()], Some("smpt"), 25, 80).refusal();
    println!("misnamed: {code:?} {line}");
    assert_eq!(code, Some(78));
    assert!(line.contains("FileDescriptorName="), "{line}");
}

#[test]
fn a_real_socket_activation_in_either_order_and_with_one() {
    let (smtp_port, web_port) = (free_port(), free_port());
    for (ports, names) in [
        (vec![smtp_port, web_port], Some("smtp:web")),
        (vec![web_port, smtp_port], Some("web:smtp")),
        (vec![web_port, smtp_port], None),
        (vec![smtp_port], Some("smtp")),
    ] {
        let (dir, file) = configured(smtp_port, web_port);
        let mut command = Command::new("systemd-socket-activate");
        for port in &ports {
            command.args(["-l", &format!("127.0.0.1:{port}")]);
        }
        if let Some(names) = names {
            command.arg(format!("--fdname={names}"));
        }
        command.arg(env!("CARGO_BIN_EXE_tempalias")).args(["serve", "--config"]).arg(file);
        command
            .stderr(File::create(dir.path().join("log")).unwrap())
            .stdout(Stdio::null())
            .env_remove("JOURNAL_STREAM");
        let child = command.spawn().expect("systemd-socket-activate is installed");
        let daemon = Handed { dir, child };
        let listens = |port: &u16| TcpStream::connect(("127.0.0.1", *port)).is_ok();
        until("it listens", || ports.iter().all(listens));
        serves_mail(smtp_port);
        if ports.len() > 1 {
            serves_pages(web_port);
        }
        drop(daemon);
    }
}

/// Without root, without systemd and with ports that take one of them: one line that says what to do.
#[test]
fn privileged_ports_without_privileges() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let (dir, file) = configured(25, 80);
    let copy = dir.path().join("tempalias");
    // By another process. A file that somebody has open for writing is not executed (ETXTBSY), and a copy that this one
    // makes may be open in a child that another test starts at the same time, until that child executes its program.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_tempalias")).arg(&copy).status().unwrap();
    assert!(copied.success());
    let command = format!("exec \"{}\" serve --config \"{}\"", copy.display(), file.display());
    let mut as_nobody = Command::new("unshare");
    as_nobody.args(["--net", "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--bounding-set=-all"]);
    let output = as_nobody.args(["sh", "-c", &command]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    println!("{said}");
    let line = said.lines().last().unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert!(line.contains("127.0.0.1:25") && line.contains("systemctl enable --now tempalias.socket"), "{line}");
}

/// Attaches strace to a process, which makes its next five calls of accept(2) fail.
fn inject_accept_errors(pid: u32, error: &str) -> Child {
    let mut strace = Command::new("strace");
    // In place of what is injected strace would make a system call that no filter allows.
    let inject = format!("inject=accept4:error={error}:syscall=getpid:when=1..5");
    strace.args(["-qq", "-e", "trace=accept4", "-e", &inject]);
    strace.args(["-p", &pid.to_string(), "-o", "/dev/null"]);
    let strace = strace.stderr(Stdio::null()).spawn().expect("strace is installed");
    let status = || fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    until("strace is attached", || status().lines().any(|l| l.starts_with("TracerPid:") && !l.ends_with("\t0")));
    strace
}

/// accept(2) also fails for what has become of one connection: the next is taken at once. A shortage is another matter.
#[test]
fn an_error_of_one_connection_is_no_shortage() {
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, "[smtp]\nprocesses = 1");
    let smtp = daemon.pid_of("smtp");
    for (error, advised) in [("ECONNABORTED", false), ("EPROTO", false), ("EMFILE", true)] {
        let mut strace = inject_accept_errors(smtp, error);
        drop(daemon.connect());
        signal(strace.id(), "INT");
        strace.wait().unwrap();
        assert_eq!(daemon.log().contains("raise LimitNOFILE="), advised, "{error}: {}", daemon.log());
        assert!(advised || !daemon.log().contains("cannot accept"), "{}", daemon.log());
    }
}

/// The same on the socket for metrics, where each such error once cost a second.
#[test]
fn r0022_an_error_of_one_connection_does_not_delay_metrics() {
    let port = free_port();
    let metrics = format!("[web]\nprocesses = 1\n[metrics]\nlisten = ['127.0.0.1:{port}']");
    let daemon = Daemon::with(Smarthost::start().address, &Store::Any, &metrics);
    for (error, advised) in [("ECONNABORTED", false), ("EMFILE", true)] {
        let mut strace = inject_accept_errors(daemon.pid_of("web"), error);
        let started = Instant::now();
        let mut scraper = TcpStream::connect(("127.0.0.1", port)).unwrap();
        scraper.set_read_timeout(Some(DEADLINE)).unwrap();
        scraper.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        scraper.read_to_string(&mut answer).unwrap();
        let elapsed = started.elapsed();
        signal(strace.id(), "INT");
        strace.wait().unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
        assert!(elapsed < Duration::from_secs(3), "{error}: {elapsed:?}");
        assert_eq!(daemon.log().contains("raise LimitNOFILE="), advised, "{error}: {}", daemon.log());
    }
}
