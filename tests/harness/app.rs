//! Starts the server, asks it, and stops it.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use letopis::company::Company;
use letopis::control::{API_KEYS_FILE, CreateKey, create_key};
use letopis::engine::Engine;
use letopis::http::{self, Gate, Options};
use letopis_access_log::AccessLog;
use letopis_domain::access::Role;
use letopis_eventlog::environment::{Environment, SystemEnvironment};
use letopis_eventlog::rocks::Options as LogOptions;
use letopis_identity::{Identity, KeyStore, Order, Scope};
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
    /// Who may come in; none = everybody.
    identity: Option<Arc<Identity>>,
    /// The key of the administrator, which requests carry that name no other.
    key: Option<String>,
}

/// What a server is started with.
struct Start {
    folder: Arc<TempDir>,
    options: Options,
    is_compressed: bool,
    is_guarded: bool,
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
        let folder = Arc::new(TempDir::new().unwrap());
        Self::start_as(Start { folder, options: Options::default(), is_compressed: false, is_guarded: false })
    }

    /// Starts a server that lets nobody in without a key, and writes down who sees what. Requests carry the key of its
    /// administrator unless they name another.
    pub fn guarded() -> Self {
        Self::guarded_with(Options::default())
    }

    /// Starts it with other limits.
    pub fn guarded_with(options: Options) -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        Self::start_as(Start { folder, options, is_compressed: true, is_guarded: true })
    }

    fn start_in(folder: Arc<TempDir>, options: Options) -> Self {
        Self::start_as(Start { folder, options, is_compressed: true, is_guarded: false })
    }

    fn start_as(start: Start) -> Self {
        let Start { folder, options, is_compressed, is_guarded } = start;
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, address) = std::sync::mpsc::channel();
        let root = folder.path().to_owned();
        let log = LogOptions { is_compressed, ..LogOptions::default() };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let mut company = Company::open_with(&root, Arc::new(SystemEnvironment), &log).unwrap();
            company.follow().unwrap();
            let doors = is_guarded.then(|| Doors::open(&company, &root));
            let identity = doors.as_ref().map(|doors| Arc::clone(&doors.identity));
            let gate = identity.clone().map_or(Gate::Open, Gate::Identified);
            let key = doors.as_ref().map(|doors| doors.key.clone());
            let access_log = doors.as_ref().map(|doors| Arc::clone(&doors.access_log));
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                ready.send((listener.local_addr().unwrap(), identity, key)).unwrap();
                let engine = Arc::new(Engine::new(company.app(access_log.clone())).unwrap());
                // An error means that the test dropped the sender, which is a stop too.
                let stopped = async { drop(stopped.await) };
                http::serve(listener, engine, gate, options, stopped).await.unwrap();
                if let Some(access_log) = access_log {
                    access_log.close().await.unwrap();
                }
            });
            drop(runtime);
            company.close().unwrap();
        });
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        let (address, identity, key) = address.recv().expect("the server starts");
        let (stop, thread) = (Some(stop), Some(thread));
        Self { address, stop, thread, agent: agent.into(), folder, is_compressed, identity, key }
    }

    /// Stops the server and starts another one on the same data.
    pub fn restart(mut self) -> Self {
        self.stop();
        let is_guarded = self.identity.take().is_some();
        let (folder, options) = (Arc::clone(&self.folder), Options::default());
        Self::start_as(Start { folder, options, is_compressed: self.is_compressed, is_guarded })
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

    /// Who may come in.
    #[track_caller]
    pub fn keys(&self) -> &KeyStore {
        self.identity.as_ref().expect("the server is guarded").keys()
    }

    /// A key of an employee with every scope.
    #[track_caller]
    pub fn key_of(&self, employee: &str) -> String {
        self.key_for(employee, &Scope::ALL)
    }

    /// A key of an employee with these scopes.
    #[track_caller]
    pub fn key_for(&self, employee: &str, scopes: &[Scope]) -> String {
        let employee = letopis::graphql::ids::parse(employee).expect("the id of an employee");
        let scopes = scopes.iter().copied().collect();
        let order = Order { name: format!("test {}", uuid::Uuid::now_v7()), employee, scopes, expires_at: None };
        self.keys().create(order, SystemEnvironment.now()).unwrap().text().to_owned()
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

/// Who is let in, and who saw what.
struct Doors {
    identity: Arc<Identity>,
    access_log: Arc<AccessLog>,
    /// Of an administrator.
    key: String,
}

impl Doors {
    fn open(company: &Company, folder: &Path) -> Self {
        let identity = Arc::new(Identity::new(KeyStore::open(&folder.join(API_KEYS_FILE)).unwrap(), None));
        let clock = Arc::new(|| SystemEnvironment.now());
        let access_log = AccessLog::open(&folder.join("access-log"), letopis_access_log::Options::default(), clock);
        let wanted = CreateKey {
            name: "administrator".to_owned(),
            employee: None,
            role: Some(Role::Administrator),
            reach: None,
            scopes: Vec::new(),
            expires_at: None,
        };
        let (_, key) = create_key(&company.folder(None, None), identity.keys(), &wanted).unwrap();
        company.views().catch_up().unwrap();
        Self { identity, access_log: Arc::new(access_log.unwrap()), key: key.0 }
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

    /// By whoever holds this key.
    pub fn by(self, key: &str) -> Self {
        self.header("authorization", format!("Bearer {key}"))
    }

    /// Answered as `application/graphql-response+json`.
    pub fn strict(mut self) -> Self {
        self.accept = "application/graphql-response+json";
        self
    }

    /// Sends it.
    pub fn send(self) -> Answer {
        let mut request = self.app.agent.post(self.app.url("/graphql")).header("accept", self.accept);
        let names_key = self.headers.iter().any(|(name, _)| *name == "authorization");
        if let (Some(key), false) = (&self.app.key, names_key) {
            request = request.header("authorization", format!("Bearer {key}"));
        }
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
