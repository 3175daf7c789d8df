//! A company that lost its disk: what was backed up comes back, who was erased does not, and what is missing is refused.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command_line::{letopis, stdout};

/// A company whose data, keys, master key, ledger and backups all have places of their own.
struct Company {
    folder: TempDir,
}

/// A process that serves it.
struct Served {
    child: Child,
    address: String,
}

impl Company {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = letopis();
        command.args(arguments).env("LETOPIS_DATA", self.at("data")).env("LETOPIS_KEYS", self.at("keys"));
        command.env("LETOPIS_MASTER_KEY", self.at("master.key")).env("LETOPIS_LEDGER", self.at("ledger"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command says when it does not do what it was asked.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn serve(&self) -> Served {
        let mut command = self.command(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
        // Whatever is ever logged, it is about nobody.
        command.env("LETOPIS_LOG", "letopis=trace,letopis_eventlog=trace,letopis_projections=trace,info");
        let log = fs::File::options().create(true).append(true).open(self.at("server.log")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("letopis is ready at ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Served { child, address }
    }

    fn backup(&self) -> String {
        let (to, keys_to) = (self.at("backups"), self.at("sets"));
        stdout(&self.run(&["backup", "--to", to.to_str().unwrap(), "--keys-to", keys_to.to_str().unwrap()]))
    }

    fn restore<'a>(&'a self, more: &[&'a str]) -> Vec<String> {
        let (from, keys_from) = (self.at("backups"), self.at("sets"));
        let fixed = ["restore", "--from", from.to_str().unwrap(), "--keys-from", keys_from.to_str().unwrap()];
        fixed.iter().chain(more).map(|word| (*word).to_owned()).collect()
    }

    /// Everything that a fire in the computer room takes.
    fn lose(&self) {
        for lost in ["data", "keys"] {
            fs::remove_dir_all(self.at(lost)).unwrap();
        }
    }
}

impl Served {
    /// The payload of a mutation that is not refused.
    fn done(&self, name: &str, input: Value, selection: &str) -> Value {
        let query = crate::harness::mutation(name, selection);
        let data = self.ask(&query, json!({ "input": input }));
        assert_eq!(data[name]["userErrors"], json!([]), "{name} was refused");
        data[name].clone()
    }

    fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let mut answer = ureq::post(format!("{}graphql", self.address)).send_json(body).unwrap();
        let answer: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].clone()
    }

    /// A person of whom a name, a number and a note are recorded.
    fn person(&self, account: &str, name: &str, phone: &str) -> Value {
        let input = json!({ "account": account, "name": name, "phones": [phone] });
        let contact = self.done("createContact", input, "contact { id dataSubject { id } }")["contact"].clone();
        self.note(&contact, &format!("{name} asked for a call"));
        contact
    }

    fn note(&self, contact: &Value, body: &str) {
        let input = json!({ "subjects": { "contact": contact["id"] }, "text": { "body": body } });
        self.done("recordNote", input, "activity { id }");
    }

    fn erase(&self, contact: &Value) {
        let input = json!({ "subject": contact["dataSubject"]["id"], "ground": "OBJECTION" });
        self.done("eraseSubject", input, "position");
    }

    fn seen(&self, contact: &Value) -> Value {
        let query = "query($id: ID!) { contact(id: $id) { name phones isErased dataSubject { isErased }
            timeline(first: 50) { totalCount nodes { summary } } } }";
        self.ask(query, json!({ "id": contact["id"] }))["contact"].clone()
    }

    /// The power fails.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn stop(mut self) {
        let stopped = std::process::Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(stopped.success() && self.child.wait().unwrap().success());
    }
}

/// Ends what a test that failed left running.
impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn words(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn is_in(folders: &[PathBuf], bytes: &[u8]) -> bool {
    let mut all = folders.iter().flat_map(|folder| files(folder));
    all.any(|file| fs::read(file).unwrap().windows(bytes.len()).any(|part| part == bytes))
}

/// The wrapped key of a person in a copy of the keys.
fn wrapped_key(slots: &Path, contact: &Value) -> Vec<u8> {
    use letopis::graphql::ids::parse;
    let id = contact["dataSubject"]["id"].as_str().unwrap();
    let subject: letopis_domain::ids::SubjectId = parse(id).unwrap();
    let bytes = fs::read(slots).unwrap();
    let slot = bytes.chunks(128).skip(1).find(|slot| slot[8..24] == *subject.0.as_bytes()).expect("they have a key");
    slot[24..96].to_vec()
}

/// Takes two backups while two people are written about.
fn back_up_under_load(company: &Company, server: &Served, about: [&Value; 2]) {
    let (is_done, notes) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for contact in about {
            let (is_done, notes) = (&is_done, &notes);
            scope.spawn(move || {
                while !is_done.load(Ordering::Relaxed) {
                    server.note(contact, "Pozdnyaya or not, a note under load");
                    notes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..2 {
            let before = notes.load(Ordering::Relaxed);
            let said = company.backup();
            assert!(said.contains("every one read again") && said.contains("the keys are in"), "{said}");
            while notes.load(Ordering::Relaxed) < before + 5 {
                std::thread::yield_now();
            }
        }
        is_done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_lost_company_comes_back_from_backup_old_keys_and_ledger_without_those_who_were_erased() {
    let company = Company::new();
    let server = company.serve();
    let account = server.done("createAccount", json!({ "kind": "COMPANY", "name": "Vega" }), "account { id }");
    let account = account["account"]["id"].as_str().unwrap().to_owned();
    let early = server.person(&account, "Ekaterina Rannyaya", "+31 20 555 71 01");
    let late = server.person(&account, "Polina Pozdnyaya", "+31 20 555 71 02");
    let living = server.person(&account, "Zhanna Zhivaya", "+31 20 555 71 03");
    let empty_ledger = fs::read(company.at("ledger")).unwrap();
    server.erase(&early);

    back_up_under_load(&company, &server, [&living, &late]);
    server.erase(&late);
    let stranger = server.person(&account, "Nina Novaya", "+31 20 555 71 04");
    server.erase(&stranger);
    let sound = stdout(&company.run(&["verify", "--deep"]));
    assert!(sound.contains("the log is sound"), "{sound}");
    server.kill();
    let key_of = |contact| wrapped_key(&company.at("sets").join("000002").join("subject-keys"), contact);
    let (key_of_late, key_of_living) = (key_of(&late), key_of(&living));
    company.lose();

    let ledger = fs::read(company.at("ledger")).unwrap();
    let mut without = company.command(&words(&company.restore(&[])));
    let without = without.env_remove("LETOPIS_LEDGER").output().unwrap();
    assert!(String::from_utf8_lossy(&without.stderr).contains("name the ledger of erasures"), "{without:?}");
    for (bad, expected) in [(&empty_ledger[..], "is too old"), (&ledger[..ledger.len() - 3], "copy the ledger again")] {
        fs::write(company.at("ledger"), bad).unwrap();
        let said = company.refused(&words(&company.restore(&[])));
        assert!(said.contains(expected), "{said}");
        assert!(!company.at("data").join("log").exists());
    }
    fs::write(company.at("ledger"), &ledger).unwrap();
    let said = stdout(&company.run(&words(&company.restore(&[]))));
    assert!(
        said.contains("is sound") && said.contains("3 erasures up to ") && said.contains(", 2 applied now"),
        "{said}"
    );

    let server = company.serve();
    for erased in [&early, &late] {
        let seen = server.seen(erased);
        assert_eq!((&seen["name"], &seen["isErased"]), (&json!("erased"), &json!(true)), "{seen}");
        assert_eq!(seen["dataSubject"]["isErased"], true);
        assert!(!seen.to_string().contains("note under load"), "{seen}");
    }
    let seen = server.seen(&living);
    assert_eq!((&seen["name"], &seen["isErased"]), (&json!("Zhanna Zhivaya"), &json!(false)));
    assert!(seen["timeline"]["totalCount"].as_u64().unwrap() > 5 && seen.to_string().contains("under load"), "{seen}");
    server.note(&living, "and life goes on");
    let sound = stdout(&company.run(&["verify", "--deep"]));
    assert!(sound.contains("the log is sound"), "{sound}");
    server.stop();

    let restored = [company.at("data"), company.at("keys")];
    for trace in ["Polina", "Pozdnyaya", "+31205557102", "Ekaterina", "+31205557101", "Nina Novaya"] {
        assert!(!is_in(&restored, trace.as_bytes()), "{trace}");
    }
    assert!(!is_in(&restored, &key_of_late));
    assert!(is_in(&restored, &key_of_living), "the search finds what is there");
    let sound = stdout(&company.run(&["verify", "--deep"]));
    assert!(sound.contains("the log is sound"), "{sound}");
    forget_in_copies(&company, &key_of_late, &key_of_living);
}

/// With the backups and keys of before removed, nothing of those who were erased is anywhere: not in what is kept of the
/// company, nor in what the server has logged.
fn forget_in_copies(company: &Company, key_of_erased: &[u8], key_of_living: &[u8]) {
    let everywhere = [company.folder.path().to_owned()];
    assert!(is_in(&everywhere, key_of_erased), "older copies of the keys have it");
    let (to, keys_to) = (company.at("backups"), company.at("sets"));
    let backup = ["backup", "--to", to.to_str().unwrap(), "--keys-to", keys_to.to_str().unwrap()];
    let said = stdout(&company.run(&[&backup[..], &["--keep", "1", "--keep-keys", "1"]].concat()));
    assert!(said.contains("2 older backups were removed"), "{said}");
    assert!(said.contains("2 older copies of the keys were removed"), "{said}");
    for trace in ["Polina", "Pozdnyaya", "+31205557102", "Ekaterina", "+31205557101", "Nina Novaya", "20 555 71"] {
        assert!(!is_in(&everywhere, trace.as_bytes()), "{trace}");
    }
    assert!(!is_in(&everywhere, key_of_erased));
    assert!(is_in(&everywhere, key_of_living), "the search finds what is there");
    let logged = fs::read_to_string(company.at("server.log")).unwrap();
    assert!(logged.contains("a backup was taken"), "the search has a log to look at: {logged}");
    company.lose();
    let said = stdout(&company.run(&words(&company.restore(&[]))));
    assert!(said.contains("is sound"), "{said}");
}

#[test]
fn a_backup_older_than_a_checkpoint_that_left_is_restored_only_under_another_name() {
    let company = Company::new();
    stdout(&company.run(&["key", "generate", "--name", "crm.example.com/log"]));
    let server = company.serve();
    server.done("createAccount", json!({ "kind": "COMPANY", "name": "Vega" }), "account { id }");
    let keys_to = company.at("sets");
    let arguments = ["--keys-to", keys_to.to_str().unwrap(), "--with-master-key"];
    let to = company.at("backups");
    stdout(&company.run(&[&["backup", "--to", to.to_str().unwrap()], &arguments[..]].concat()));
    server.done("createAccount", json!({ "kind": "COMPANY", "name": "Lyra" }), "account { id }");
    let note = server.ask("{ log { checkpoint } }", json!({}))["log"]["checkpoint"].as_str().unwrap().to_owned();
    assert!(note.starts_with("crm.example.com/log\n2\n"), "{note}");
    server.kill();
    company.lose();
    fs::remove_file(company.at("master.key")).unwrap();
    fs::copy(keys_to.join("000001").join("master.key"), company.at("master.key")).unwrap();
    let said = company.refused(&words(&company.restore(&[])));
    assert!(said.contains("covers 2 records") && said.contains("--contradict-checkpoints"), "{said}");
    let renamed = ["--contradict-checkpoints", "crm.example.com/log-after-the-fire"];
    let said = stdout(&company.run(&words(&company.restore(&renamed))));
    assert!(said.contains("a new name and a new signing key"), "{said}");
    let server = company.serve();
    server.done("createAccount", json!({ "kind": "COMPANY", "name": "Cygnus" }), "account { id }");
    let note = server.ask("{ log { checkpoint } }", json!({}))["log"]["checkpoint"].as_str().unwrap().to_owned();
    assert!(note.starts_with("crm.example.com/log-after-the-fire\n2\n"), "{note}");
    server.stop();
    assert!(stdout(&company.run(&["verify"])).contains("the log is sound"));
}

#[test]
fn the_whole_log_goes_through_a_portable_file() {
    let company = Company::new();
    let server = company.serve();
    let account = server.done("createAccount", json!({ "kind": "COMPANY", "name": "Vega" }), "account { id }");
    let account = account["account"]["id"].as_str().unwrap().to_owned();
    let gone = server.person(&account, "Polina Pozdnyaya", "+31 20 555 71 02");
    let living = server.person(&account, "Zhanna Zhivaya", "+31 20 555 71 03");
    let file = company.at("log.ndjson");
    let to = file.to_str().unwrap().to_owned();
    let export = ["export", "--format", "ndjson", "--to", &to];
    let said = stdout(&company.run(&export));
    assert!(said.starts_with("5 records"), "{said}");
    assert!(fs::read_to_string(&file).unwrap().contains("Polina Pozdnyaya"), "in the clear: it is the last resort");
    assert!(company.refused(&export).contains("is there already; say --force"));
    server.erase(&gone);
    stdout(&company.run(&[&export[..], &["--force"]].concat()));
    assert!(!fs::read_to_string(&file).unwrap().contains("Polina Pozdnyaya"));
    server.stop();
    fs::remove_dir_all(company.at("data")).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"position\":4", "\"position\":5", 1)).unwrap();
    let restore = ["restore", "--from-ndjson", &to];
    let said = company.refused(&restore);
    assert!(said.contains("line 5 of") && said.contains("it is damaged"), "{said}");
    fs::write(&file, &text).unwrap();
    let said = stdout(&company.run(&restore));
    assert!(said.contains("the log ends at position 6 and is sound"), "{said}");
    let server = company.serve();
    assert_eq!(server.seen(&gone)["name"], "erased");
    assert_eq!(server.seen(&living)["name"], "Zhanna Zhivaya");
}

#[test]
fn keys_elsewhere_than_said_are_named() {
    let company = Company::new();
    let server = company.serve();
    server.done("createAccount", json!({ "kind": "COMPANY", "name": "Vega" }), "account { id }");
    let other = company.at("other");
    let other = other.to_str().unwrap();
    let said = company.refused(&["verify", "--keys", other]);
    assert!(said.contains("is served with --keys"), "{said}");
    server.stop();
    let cases = [
        (["--keys", other], "no key store at"),
        (["--master-key", other], "say where it is (--master-key)"),
        (["--data", other], "no data folder at"),
    ];
    for (places, expected) in cases {
        let said = company.refused(&[&["verify"], &places[..]].concat());
        assert!(said.contains(expected), "{said}");
    }
    let said = company.refused(&["serve", "--data", other, "--listen", "127.0.0.1:0"]);
    assert!(said.contains("belongs to log"), "{said}");
    // A second copy of the keys would keep what an erasure destroys.
    fs::create_dir(company.at("data").join("keys")).unwrap();
    fs::copy(company.at("keys").join("subject-keys"), company.at("data").join("keys").join("subject-keys")).unwrap();
    let said = company.refused(&["verify"]);
    assert!(said.contains("only one of them can be right"), "{said}");
    fs::remove_dir_all(company.at("data").join("keys")).unwrap();
    assert!(stdout(&company.run(&["verify"])).contains("the log is sound"));
}

#[test]
fn a_master_key_is_replaced_and_the_old_one_opens_nothing() {
    let company = Company::new();
    let server = company.serve();
    let account = server.done("createAccount", json!({ "kind": "COMPANY", "name": "Vega" }), "account { id }");
    let account = account["account"]["id"].as_str().unwrap().to_owned();
    let person = server.person(&account, "Zhanna Zhivaya", "+31 20 555 71 03");
    let wrapped = wrapped_key(&company.at("keys").join("subject-keys"), &person);
    let (new, old) = (company.at("new-master.key"), fs::read(company.at("master.key")).unwrap());
    let old_to = company.at("old-master.key");
    let (new_file, old_file) = (new.to_str().unwrap(), old_to.to_str().unwrap());
    let rewrap = ["key", "rewrap", "--new-master-key", new_file, "--old-master-key-to", old_file];
    let busy = company.run(&rewrap);
    assert_eq!(busy.status.code(), Some(3), "it is served: {busy:?}");
    server.stop();
    let said = stdout(&company.run(&rewrap));
    assert!(said.starts_with("2 keys of data subjects are wrapped by the new master key"), "{said}");
    assert_eq!(fs::read(company.at("master.key")).unwrap(), fs::read(&new).unwrap());
    assert_eq!(fs::read(&old_to).unwrap(), old, "sets of keys from before need it");
    assert!(!is_in(&[company.folder.path().to_owned()], &wrapped), "the old wrapping is gone");
    let server = company.serve();
    assert_eq!(server.seen(&person)["name"], "Zhanna Zhivaya");
    server.stop();
    assert!(stdout(&company.run(&["verify", "--deep"])).contains("the log is sound"));
    fs::write(company.at("master.key"), old).unwrap();
    let said = company.refused(&["verify"]);
    assert!(said.contains("master key"), "{said}");
}

#[test]
fn a_demo_goes_where_its_keys_are_said_to_be() {
    let company = Company::new();
    stdout(&company.run(&["key", "generate", "--name", "crm.example.com/log"]));
    stdout(&company.run(&["demo"]));
    let mut left: Vec<_> = fs::read_dir(company.at("keys")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["checkpoint.key", "checkpoint.pub", "erasures", "subject-keys"]);
    assert!(!company.at("data").join("keys").exists());
    assert!(stdout(&company.run(&["verify", "--deep"])).contains("the log is sound"));
}

#[test]
fn why_a_person_cannot_be_erased_is_told_and_not_logged() {
    let company = Company::new();
    let server = company.serve();
    let account = server.done("createAccount", json!({ "kind": "COMPANY", "name": "Vega" }), "account { id }");
    let account = account["account"]["id"].as_str().unwrap().to_owned();
    let person = server.person(&account, "Zhanna Zhivaya", "+31 20 555 71 03");
    let subject = person["dataSubject"]["id"].as_str().unwrap();
    let hold = json!({ "subject": subject, "reason": "a claim about her divorce" });
    server.done("placeLegalHold", hold, "legalHold { id }");
    let said = company.refused(&["erase", "--subject", subject, "--ground", "objection"]);
    assert!(said.contains("a claim about her divorce"), "{said}");
    server.stop();
    let logged = fs::read_to_string(company.at("server.log")).unwrap();
    assert!(logged.contains("was refused") && !logged.contains("divorce"), "{logged}");
}
