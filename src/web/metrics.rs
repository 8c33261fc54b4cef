//! Metrics for whoever measures, in the Prometheus text format, on a socket of its own that is no visitor's.

use super::answer::{self, Answer};
use crate::channel::RpcClient;
use crate::runtime;
use crate::wire::exposition;
use crate::wire::vault_web::{GetMetrics, VaultWeb};
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// One request takes no longer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

type Vault = RpcClient<VaultWeb>;

/// Serves for as long as the role lives.
pub(super) async fn serve(listeners: Vec<TcpListener>, vault: Vault) {
    for listener in listeners {
        let vault = vault.clone();
        tokio::task::spawn_local(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => drop(tokio::task::spawn_local(converse(stream, vault.clone()))),
                    Err(cause) => runtime::handle_accept_error(&cause).await,
                }
            }
        });
    }
}

async fn converse(stream: TcpStream, vault: Vault) {
    let answer = service_fn(|request| {
        let vault = &vault;
        async move { Ok::<_, Infallible>(answer(&request, vault).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIMEOUT)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), answer);
    // Errors here are those of the client's connection (reset, malformed HTTP); there is nothing to do about them.
    let _ = tokio::time::timeout(REQUEST_TIMEOUT, connection).await;
}

async fn answer(request: &Request<Incoming>, vault: &Vault) -> Answer {
    if request.uri().path() != "/metrics" {
        return answer::text(StatusCode::NOT_FOUND, "see /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return answer::text(StatusCode::METHOD_NOT_ALLOWED, "only to be read\n");
    }
    match vault.call(GetMetrics).await {
        Ok(Ok(status)) => {
            let mut answer = answer::text(StatusCode::OK, status.prometheus());
            let kind = HeaderValue::from_static(exposition::CONTENT_TYPE);
            answer.headers_mut().insert(header::CONTENT_TYPE, kind);
            answer
        }
        _ => answer::text(StatusCode::SERVICE_UNAVAILABLE, "the vault does not answer\n"),
    }
}
