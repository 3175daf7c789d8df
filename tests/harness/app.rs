//! Starts the server, asks it, and stops it.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use letopis::company::Company;
use letopis::engine::Engine;
use letopis::http::{self, Options};
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::rocks::Options as LogOptions;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::answer::{Answer, position};

/// Longest wait of a test for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with a data folder of its own.
pub struct TestApp {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    agent: ureq::Agent,
    folder: Arc<TempDir>,
    is_compressed: bool,
}

impl TestApp {
    /// Starts a server of a company of which nothing is known.
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// Starts it with other limits.
    pub fn start_with(options: Options) -> Self {
        Self::start_in(Arc::new(TempDir::new().unwrap()), options)
    }

    /// Starts a server on data that is there.
    pub fn open(folder: Arc<TempDir>) -> Self {
        Self::start_in(folder, Options::default())
    }

    /// Starts a server whose tables are not compressed, so that a search for bytes finds whatever they hold.
    pub fn start_uncompressed() -> Self {
        Self::start_as(Arc::new(TempDir::new().unwrap()), Options::default(), false)
    }

    fn start_in(folder: Arc<TempDir>, options: Options) -> Self {
        Self::start_as(folder, options, true)
    }

    fn start_as(folder: Arc<TempDir>, options: Options, is_compressed: bool) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, address) = std::sync::mpsc::channel();
        let root = folder.path().to_owned();
        let log = LogOptions { is_compressed, ..LogOptions::default() };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let mut company = Company::open_with(&root, Arc::new(SystemEnvironment), &log).unwrap();
            company.follow().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                let engine = Arc::new(Engine::new(company.app()).unwrap());
                // An error means that the test dropped the sender, which is a stop too.
                let stopped = async { drop(stopped.await) };
                http::serve(listener, engine, options, stopped).await.unwrap();
            });
            drop(runtime);
            company.close().unwrap();
        });
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        let address = address.recv().expect("the server starts");
        Self { address, stop: Some(stop), thread: Some(thread), agent: agent.into(), folder, is_compressed }
    }

    /// Stops the server and starts another one on the same data.
    pub fn restart(mut self) -> Self {
        self.stop();
        Self::start_as(Arc::clone(&self.folder), Options::default(), self.is_compressed)
    }

    /// The data folder while the server runs: its write-ahead logs hold what was written as it was written.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops the server, and gives the data folder.
    pub fn into_folder(mut self) -> Arc<TempDir> {
        self.stop();
        Arc::clone(&self.folder)
    }

    fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server stops without a panic");
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A GraphQL request.
    pub fn request<'a>(&'a self, query: &'a str) -> Request<'a> {
        Request { app: self, query, variables: json!({}), headers: Vec::new(), accept: "application/json" }
    }

    /// The data of a query without variables.
    #[track_caller]
    pub fn data(&self, query: &str) -> Value {
        self.request(query).send().data().clone()
    }

    /// The payload of a mutation, refused or not; `selection` is what to ask of it besides position and user errors.
    #[track_caller]
    pub fn mutate(&self, name: &str, input: Value, selection: &str) -> Value {
        let answer = self.request(&mutation(name, selection)).variables(json!({ "input": input })).send();
        answer.data()[name].clone()
    }

    /// The payload of a mutation that must not be refused, and whose effect later queries see.
    #[track_caller]
    pub fn done(&self, name: &str, input: Value, selection: &str) -> Value {
        let payload = self.mutate(name, input, selection);
        assert_eq!(payload["userErrors"], json!([]), "{name} was refused");
        self.request("{ log { head } }").after(position(&payload["position"])).send().data();
        payload
    }

    /// A raw request with a body.
    pub fn post(&self, content_type: &str, accept: &str, body: &[u8]) -> Answer {
        let sent = self.agent.post(self.url("/graphql")).content_type(content_type).header("accept", accept).send(body);
        read(sent.expect("the server answers"))
    }

    /// A raw request without a body; the answer as text.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String, Vec<u8>) {
        let mut request = self.agent.get(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.call().expect("the server answers");
        let content_type =
            response.headers().get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
        let mut body = Vec::new();
        response.body_mut().as_reader().read_to_end(&mut body).unwrap();
        (response.status().as_u16(), content_type, body)
    }

    /// The address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the server panicked");
        }
    }
}

/// The text of a mutation with one variable, `$input`.
pub fn mutation(name: &str, selection: &str) -> String {
    let input = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    format!(
        "mutation ($input: {input}!) {{ {name}(input: $input) {{ {selection} position \
         userErrors {{ code message field conflict {{ position eventType holder }} }} }} }}"
    )
}

/// A GraphQL request on its way.
pub struct Request<'a> {
    app: &'a TestApp,
    query: &'a str,
    variables: Value,
    headers: Vec<(&'static str, String)>,
    accept: &'static str,
}

impl Request<'_> {
    /// With these variables.
    pub fn variables(mut self, variables: Value) -> Self {
        self.variables = variables;
        self
    }

    /// Answered no earlier than this position.
    pub fn after(self, position: u64) -> Self {
        self.header("x-letopis-after", position.to_string())
    }

    /// With a header.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Answered as `application/graphql-response+json`.
    pub fn strict(mut self) -> Self {
        self.accept = "application/graphql-response+json";
        self
    }

    /// Sends it.
    pub fn send(self) -> Answer {
        let mut request = self.app.agent.post(self.app.url("/graphql")).header("accept", self.accept);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = json!({ "query": self.query, "variables": self.variables });
        read(request.send_json(body).expect("the server answers"))
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let content_type = response.headers().get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
    let status = response.status().as_u16();
    let text = response.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("not JSON ({error}): {text}"));
    Answer { status, content_type, body }
}
