//! The page at `/` needs no other host, and health can be asked.

use std::io::Read;

use serde_json::{Value, json};

use crate::harness::TestApp;

#[test]
fn the_page_and_its_scripts_come_from_this_server() {
    let app = TestApp::start();
    let (status, content_type, page) = app.get("/", &[]);
    let page = String::from_utf8(page).unwrap();
    assert_eq!((status, content_type.as_str()), (200, "text/html; charset=utf-8"));
    assert!(!page.contains("http://") && !page.contains("https://"), "{page}");
    let sources: Vec<&str> = page.split(['"']).filter(|part| part.starts_with("/assets/")).collect();
    assert_eq!(sources.len(), 6, "{sources:?}");
    for source in sources {
        let (status, _, plain) = app.get(source, &[("accept-encoding", "identity")]);
        assert_eq!(status, 200, "{source}");
        assert!(plain.len() > 100, "{source} has {} bytes", plain.len());
        let (_, _, packed) = app.get(source, &[("accept-encoding", "gzip")]);
        let mut unpacked = Vec::new();
        if flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).is_ok() {
            assert_eq!(unpacked, plain, "{source}");
        } else {
            assert_eq!(packed, plain, "{source} was not packed, or was unpacked on the way");
        }
    }
    assert_eq!(app.get("/assets/../secret", &[]).0, 404);
}

#[test]
fn the_query_that_the_page_begins_with_is_answered() {
    let app = TestApp::start();
    let (_, _, script) = app.get("/assets/start.js", &[]);
    let script = String::from_utf8(script).unwrap();
    let query = script.split('`').find(|part| part.contains("query Welcome")).unwrap();
    app.request(query).send().data();
}

#[test]
fn health_is_told() {
    let app = TestApp::start();
    let ask = |path: &str| {
        let (status, _, body) = app.get(path, &[]);
        (status, serde_json::from_slice::<Value>(&body).unwrap())
    };
    assert_eq!(ask("/health/live"), (200, json!({ "status": "live" })));
    let (status, ready) = ask("/health/ready");
    assert_eq!((status, &ready["status"], &ready["head"]), (200, &json!("ready"), &json!("0")));
    assert_eq!(app.get("/nothing", &[]).0, 404);
}
