//! Serving pages that are prepared in memory, beside nginx's gzip_static and a stub that has the one answer ready;
//! creating aliases over HTTP. The load is wrk's: one thread, 32 connections.

use super::fixture::{Daemon, Mailboxes as _, Sink, Store, directory, free_port, signal, until};
use super::{OPEN_BOUNDS, ROUNDS, Stub, cpu, median, other_build};
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;

/// How long wrk asks in each round.
const STRETCH: &str = "2s";

/// What every client of pages says.
const ZIPPED: &str = "Accept-Encoding: gzip";

/// The server whose rate is the measure.
const NGINX: &str = "nginx, gzip_static";

/// Someone who answers requests, always the same.
struct Server {
    name: &'static str,
    url: String,
    /// Further arguments of wrk.
    request: Vec<String>,
    pid: u32,
    rates: Vec<f64>,
    costs: Vec<f64>,
}

impl Server {
    fn new(name: &'static str, url: String, request: Vec<String>, pid: u32) -> Self {
        Self { name, url, request, pid, rates: Vec::new(), costs: Vec::new() }
    }

    fn round(&mut self) {
        let before = cpu(self.pid);
        let mut wrk = Command::new("wrk");
        wrk.args(["-t1", "-c32", "-d", STRETCH]).args(&self.request).arg(&self.url);
        let output = wrk.output().expect("wrk is installed");
        let spent = cpu(self.pid) - before;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "{}: {text}", self.name);
        let number = |before: &str, after: &str| {
            let (text, _) = text.split_once(after)?;
            text.rsplit_once(before).unwrap_or(("", text)).1.trim().parse::<f64>().ok()
        };
        let requests = number("\n", " requests in ").unwrap();
        self.rates.push(number("Requests/sec:", "\nTransfer/sec").unwrap());
        self.costs.push(spent.as_secs_f64() * 1e6 / requests);
    }
}

/// Has them take turns, and prints how they did, beside nginx if it is among them.
fn compare(title: &str, servers: &mut [Server]) {
    for round in 0..=ROUNDS {
        for server in &mut *servers {
            server.round();
            if round == 0 {
                // The first round warms up.
                server.rates.clear();
                server.costs.clear();
            }
        }
    }
    let of = servers.iter().find(|server| server.name == NGINX).map(|server| median(server.rates.clone()));
    let heading = of.map_or("", |_| "of nginx");
    println!("\n{title}\n{:<28} {:>9} {heading:>10} {:>10}", "", "answers/s", "CPU/answer");
    for server in servers {
        let (rate, cost) = (median(server.rates.clone()), median(server.costs.clone()));
        let ratio = of.map_or(String::new(), |of| format!("{:.2}", rate / of));
        println!("{:<28} {rate:>9.0} {ratio:>10} {cost:>7.1} µs", server.name);
    }
}

/// The home page, the largest page and the largest file of the site; then the home page of somebody who has it.
pub(super) fn serving() {
    let sink = Sink::discarding();
    let daemons = daemons(&sink, "[web]\nprocesses = 1");
    let (_, daemon) = &daemons[0];
    let dir = directory();
    let (home, api, description) = (("home.html", "/"), ("api.html", "/api"), ("openapi.json", "/openapi.json"));
    let ours = |path: &str| format!("http://{}{path}", daemon.web_address());
    for (file, path) in [home, api, description] {
        fs::write(dir.path().join(file), curl(&[], &ours(path))).unwrap();
        fs::write(dir.path().join(format!("{file}.gz")), curl(&fields(&[ZIPPED]), &ours(path))).unwrap();
    }
    let nginx = Nginx::start(dir.path());
    for ((file, path), known) in [(home, false), (api, false), (description, false), (home, true)] {
        // What is asked of a server; each has tags of its own.
        let request = |url: &str| match known {
            true => fields(&[ZIPPED, &format!("If-None-Match: {}", tag(url))]),
            false => fields(&[ZIPPED]),
        };
        let url = ours(path);
        // The stub answers what tempalias does, octet for octet.
        let answer = dir.path().join("answer");
        fs::write(&answer, curl(&[request(&url), vec!["-i".to_owned()]].concat(), &url)).unwrap();
        let (stub, address) = Stub::start(&["page-stub", answer.to_str().unwrap()]);
        let mut servers = vec![Server::new("stub", format!("http://{address}/"), request(&url), stub.0.id())];
        for (name, daemon) in &daemons {
            let url = format!("http://{}{path}", daemon.web_address());
            servers.push(Server::new(name, url.clone(), request(&url), daemon.pid()));
        }
        if let Some(nginx) = &nginx {
            for (name, address) in [(NGINX, nginx.address), ("nginx, files kept open", nginx.keeping)] {
                let url = format!("http://{address}/{file}");
                servers.push(Server::new(name, url.clone(), request(&url), nginx.child.id()));
            }
        }
        let size = |file: &str| fs::metadata(dir.path().join(file)).unwrap().len();
        let (plain, zipped) = (size(file), size(&format!("{file}.gz")));
        let title = match known {
            true => format!("{path} again, not changed since"),
            false => format!("{path}, {plain} octets, of which gzip leaves {zipped}"),
        };
        compare(&title, &mut servers);
    }
}

/// Aliases made by programs, each of them on disk when its answer comes.
pub(super) fn creating() {
    let sink = Sink::discarding();
    let daemons = daemons(&sink, "[limits]\nalive_per_address = 0");
    let dir = directory();
    let script = dir.path().join("create.lua");
    let text = "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\n\
                wrk.body = '{\"target\":\"someone@real.example\",\"days\":1}'\n";
    fs::write(&script, text).unwrap();
    let request = vec!["-s".to_owned(), script.to_str().unwrap().to_owned()];
    let create = |(name, daemon): &(&'static str, Daemon)| {
        Server::new(name, format!("http://{}/aliases", daemon.web_address()), request.clone(), daemon.pid())
    };
    let mut servers: Vec<Server> = daemons.iter().map(create).collect();
    compare("POST /aliases, 32 at a time, durable on redb", &mut servers);
}

/// This build, and the other if there is one.
fn daemons(sink: &Sink, settings: &str) -> Vec<(&'static str, Daemon)> {
    let settings = format!("{OPEN_BOUNDS}\n{settings}");
    let other =
        other_build().map(|program| ("the other build", Daemon::of(program, sink.address(), &Store::Redb, &settings)));
    [("tempalias", Daemon::with(sink.address(), &Store::Redb, &settings))].into_iter().chain(other).collect()
}

/// Arguments of curl and wrk for these header fields.
fn fields(fields: &[&str]) -> Vec<String> {
    fields.iter().flat_map(|field| ["-H".to_owned(), (*field).to_owned()]).collect()
}

fn curl(arguments: &[String], url: &str) -> Vec<u8> {
    let output = Command::new("curl").arg("-sSf").args(arguments).arg(url).output().unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The entity tag of what is there with gzip.
fn tag(url: &str) -> String {
    let head = String::from_utf8(curl(&[fields(&[ZIPPED]), vec!["-I".to_owned()]].concat(), url)).unwrap();
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(name, _)| name.eq_ignore_ascii_case("etag")).unwrap().1.to_owned()
}

/// nginx with one worker; `None` where it is not installed.
struct Nginx {
    /// As is usual.
    address: SocketAddr,
    /// With files kept open, of which changes are seen late.
    keeping: SocketAddr,
    child: Child,
}

impl Nginx {
    fn start(root: &Path) -> Option<Self> {
        let [address, keeping] = [(); 2].map(|()| SocketAddr::from(([127, 0, 0, 1], free_port())));
        let dir = root.display();
        let temporary =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|of| format!("{of}_temp_path {dir}/{of};\n"));
        let text = format!(
            "daemon off;\nworker_processes 1;\nuser nobody nogroup;\npid {dir}/pid;\nerror_log stderr crit;\nevents {{}}\n\
             http {{\naccess_log off;\nkeepalive_requests 1000000000;\ngzip_static on;\nsendfile on;\ntcp_nopush on;\n\
             types {{ text/html html; }}\nroot {dir};\n{}\
             server {{ listen {address}; }}\nserver {{ listen {keeping}; open_file_cache max=100; }}\n}}\n",
            temporary.concat()
        );
        let file = root.join("nginx.conf");
        fs::write(&file, text).unwrap();
        let child = Command::new("/usr/sbin/nginx").arg("-c").arg(&file).stderr(Stdio::null()).spawn().ok()?;
        until("nginx listens", || TcpStream::connect(keeping).is_ok());
        Some(Self { address, keeping, child })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, it would leave its worker behind.
        signal(self.child.id(), "TERM");
        let _ = self.child.wait();
    }
}

/// The least a server can do: one thread, the answer in `file` to every request. A process of its own.
pub(super) fn stub(file: &str) {
    let answer: Rc<[u8]> = fs::read(file).unwrap().into();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    let runtime = tokio::runtime::LocalRuntime::new().unwrap();
    runtime.block_on(async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = Rc::clone(&answer);
            tokio::task::spawn_local(async move {
                stream.set_nodelay(true)?;
                let mut input = Vec::with_capacity(4096);
                while stream.read_buf(&mut input).await? > 0 {
                    if input.ends_with(b"\r\n\r\n") {
                        stream.write_all(&answer).await?;
                        input.clear();
                    }
                }
                Ok::<_, std::io::Error>(())
            });
        }
    });
}
