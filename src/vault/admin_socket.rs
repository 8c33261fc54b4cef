//! The administrator's socket. People connect to it, so whoever breaks the protocol loses the connection, and the vault
//! lives on.
//!
//! It carries the frames of [`crate::wire::vault_admin`], like every door. To a connection that begins with
//! `GET /metrics` it answers with the metrics in HTTP, and closes. The socket itself answers, because then metrics are
//! there without a TCP port, behind the same file mode as every other power of an administrator; a process of its own
//! in front of it would have to be let in by that mode. Nothing of such a request is parsed: its first octets are
//! compared, the rest is not read. For scrapers that need TCP, `web` serves the same text under `[metrics] listen`.

use super::context::VaultContext;
use super::service::admin;
use crate::channel::{AdminListener, Stream, serve as serve_channel};
use crate::runtime;
use crate::wire::exposition::CONTENT_TYPE;
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::timeout;

/// Connections at the same time. Others are closed at once.
const MAX_CONNECTIONS: usize = 16;

/// A connection lasts no longer than this.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(60);

/// What a request for the metrics begins with.
const METRICS_REQUEST: &[u8] = b"GET /metrics";

/// Serves for as long as the vault lives.
pub(super) async fn serve(listener: AdminListener, context: Rc<VaultContext>) {
    let connections = Rc::new(Cell::new(0));
    loop {
        match listener.accept().await {
            Ok(stream) if connections.get() < MAX_CONNECTIONS => {
                connections.set(connections.get() + 1);
                let (context, connections) = (Rc::clone(&context), Rc::clone(&connections));
                tokio::task::spawn_local(async move {
                    // The client sees that its connection closes; the daemon goes on.
                    let _ = timeout(CONNECTION_TIMEOUT, converse(stream, &context)).await;
                    connections.set(connections.get() - 1);
                });
            }
            Ok(_) => {}
            Err(cause) => runtime::handle_accept_error(&cause).await,
        }
    }
}

async fn converse(stream: Stream, context: &Rc<VaultContext>) -> io::Result<()> {
    let mut input = Vec::new();
    stream.read(&mut input).await?;
    if input.starts_with(METRICS_REQUEST) {
        return stream.write_all(metrics_response(context).await.as_bytes()).await;
    }
    serve_channel(stream, input, |request| admin::answer(context, request)).await
}

async fn metrics_response(context: &VaultContext) -> String {
    match admin::status(context).await {
        Ok(status) => {
            let text = status.prometheus();
            let length = text.len();
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE}\r\n\
                 Content-Length: {length}\r\nConnection: close\r\n\r\n{text}"
            )
        }
        Err(_) => "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
    }
}
