//! `tempalias demo`: the real five processes in a temporary directory, with a mail catcher as the next host.

mod catcher;
mod directory;

use crate::config;
use crate::monitor::{self, End, Sockets};
use crate::role::Fatal;
use crate::sys::log::{self, Verbosity};
use directory::Directory;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Runs until Ctrl-C and leaves nothing behind.
///
/// # Errors
/// A port that is taken, with the flag that chooses another.
pub fn run(smtp_port: u16, web_port: u16) -> Result<End, Fatal> {
    let directory = Directory::new()?;
    let smtp = listen(smtp_port, "--smtp-port")?;
    let web = listen(web_port, "--web-port")?;
    let next_host = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let text = format!(
        "hostname = \"localhost\"\ndomains = [\"demo.example\"]\nruntime_dir = '{dir}'\nstate_dir = '{dir}'\ndrain = \"1s\"\n\
         [relay]\nsmarthost = \"{next}\"\n",
        dir = directory.path().display(),
        next = next_host.local_addr()?,
    );
    let outcome = config::parse(&text);
    let config =
        outcome.config.ok_or_else(|| Fatal::Config(format!("the demo's own configuration: {:?}", outcome.faults)))?;
    catcher::start(next_host);
    log::start("demo", Verbosity::Warnings);
    monitor::run(&config, Sockets::of(smtp, web), Verbosity::Warnings, || welcome(smtp_port, web_port))
}

fn listen(port: u16, flag: &str) -> Result<TcpListener, Fatal> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address).map_err(|cause| {
        Fatal::Config(format!("cannot listen on {address} ({cause}): choose another port with {flag}"))
    })
}

fn welcome(smtp_port: u16, web_port: u16) {
    println!(
        r#"tempalias demo: site at http://127.0.0.1:{web_port}/   mail at 127.0.0.1:{smtp_port}   Ctrl-C ends it

Make an alias for three days and two messages:

  alias=$(curl -s -d '{{"target":"you@example.net","days":3,"max-usage":2}}' http://127.0.0.1:{web_port}/aliases | grep -o '[a-z0-9]*@demo.example' | head -n1); echo "$alias"

Mail it, three times; the third is refused with 550:

  printf 'From: friend@example.com\nTo: %s\nSubject: Hello\n\nIt works.\n' "$alias" | curl -sS --crlf smtp://127.0.0.1:{smtp_port} --mail-from friend@example.com --mail-rcpt "$alias" --upload-file -

What arrives at the real address is shown here:
"#
    );
}
