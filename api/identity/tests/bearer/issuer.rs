//! An issuer on loopback whose answers a test decides, with keys made on the spot.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::signer::Signer;

/// How long a fetch in the background may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the issuer does when it is asked for its keys.
#[derive(Clone)]
pub enum Manner {
    /// Answers.
    Well,
    /// Says that it is not available.
    Down,
    /// Never answers.
    Hangs,
    /// Sends the caller elsewhere, where it answers.
    Redirects,
}

struct Shared {
    manner: Mutex<Manner>,
    discovery: Mutex<Value>,
    jwks: Mutex<Vec<u8>>,
    asked: AtomicUsize,
    fetched: watch::Sender<usize>,
}

/// The issuer, until it is dropped with the runtime.
pub struct Issuer {
    pub url: String,
    shared: Arc<Shared>,
}

impl Issuer {
    /// Listens, and publishes the keys of these.
    pub async fn start(signers: &[&Signer]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            manner: Mutex::new(Manner::Well),
            discovery: Mutex::new(json!({ "issuer": url, "jwks_uri": format!("{url}/keys") })),
            jwks: Mutex::default(),
            asked: AtomicUsize::new(0),
            fetched: watch::Sender::new(0),
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/elsewhere", get(elsewhere))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let issuer = Self { url, shared };
        issuer.publish(signers);
        issuer
    }

    pub fn publish(&self, signers: &[&Signer]) {
        let keys: Vec<&Value> = signers.iter().map(|signer| &signer.jwk).collect();
        self.publish_bytes(json!({ "keys": keys }).to_string().into_bytes());
    }

    pub fn publish_bytes(&self, bytes: Vec<u8>) {
        *self.shared.jwks.lock() = bytes;
    }

    pub fn describe_as(&self, discovery: Value) {
        *self.shared.discovery.lock() = discovery;
    }

    pub fn behave(&self, manner: Manner) {
        *self.shared.manner.lock() = manner;
    }

    /// How often its description was asked for, in whatever manner it was answered.
    pub fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// Waits until its keys were fetched so often; fails when that does not happen.
    pub async fn until_fetched(&self, times: usize) {
        let mut fetched = self.shared.fetched.subscribe();
        let waited = tokio::time::timeout(PATIENCE, fetched.wait_for(|so_far| *so_far >= times)).await;
        assert!(waited.is_ok(), "the keys were not fetched {times} times");
    }

    /// How often its keys were fetched.
    pub fn fetched(&self) -> usize {
        *self.shared.fetched.borrow()
    }
}

async fn discovery(State(shared): State<Arc<Shared>>) -> Response {
    shared.asked.fetch_add(1, Ordering::SeqCst);
    let manner = shared.manner.lock().clone();
    match manner {
        Manner::Well => elsewhere(State(shared)).await,
        Manner::Down => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Manner::Hangs => std::future::pending().await,
        Manner::Redirects => Redirect::temporary("/elsewhere").into_response(),
    }
}

async fn elsewhere(State(shared): State<Arc<Shared>>) -> Response {
    shared.discovery.lock().to_string().into_response()
}

async fn keys(State(shared): State<Arc<Shared>>) -> Vec<u8> {
    shared.fetched.send_modify(|times| *times += 1);
    shared.jwks.lock().clone()
}
