//! The administrator's door. People come through it, so what they say wrong ends their connection, not ours.
//!
//! It speaks frames like every door. To the words with which a browser begins, `GET /metrics`, it answers with
//! figures and hangs up: nothing of a request is parsed, the first octets are compared.

use super::service::Desk;
use crate::channel::{AdminListener, Stream, serve as serve_channel};
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Connections at the same time; others are hung up on.
const MOST: usize = 16;

/// One connection lasts no longer.
const PATIENCE: Duration = Duration::from_secs(60);

const METRICS: &[u8] = b"GET /metrics";

/// Serves for as long as the vault lives.
pub(super) async fn serve(door: AdminListener, desk: Rc<Desk>) {
    let present = Rc::new(Cell::new(0));
    loop {
        match door.accept().await {
            Ok(stream) if present.get() < MOST => {
                present.set(present.get() + 1);
                let (desk, present) = (Rc::clone(&desk), Rc::clone(&present));
                tokio::task::spawn_local(async move {
                    // What went wrong its caller sees.
                    let _ = timeout(PATIENCE, converse(stream, &desk)).await;
                    present.set(present.get() - 1);
                });
            }
            Ok(_) => {}
            // For want of descriptors, which come back.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn converse(stream: Stream, desk: &Rc<Desk>) -> io::Result<()> {
    let mut input = Vec::new();
    stream.read(&mut input).await?;
    if input.starts_with(METRICS) {
        return stream.write_all(metrics(desk).await.as_bytes()).await;
    }
    serve_channel(stream, input, |request| desk.admin(request)).await
}

async fn metrics(desk: &Desk) -> String {
    match desk.status().await {
        Ok(status) => {
            let text = status.prometheus();
            let length = text.len();
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
                 Content-Length: {length}\r\nConnection: close\r\n\r\n{text}"
            )
        }
        Err(_) => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
    }
}
