//! When the issuer is asked for its keys, and what happens when it does not answer as it should.

use std::sync::Arc;
use std::time::{Duration, Instant};

use letopis_identity::{Oidc, OidcSettings, Refusal};
use serde_json::json;

use crate::issuer::{Issuer, Manner};
use crate::signer::Signer;
use crate::{NOW, at, claims, oidc, settings, with};

/// Claims that do not expire within a test.
fn lasting(issuer: &Issuer) -> serde_json::Value {
    with(claims(issuer), "exp", json!(NOW + 1_000_000))
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_once_a_minute() {
    let (known, unknown) = (Signer::ed("known"), Signer::ed("unknown"));
    let issuer = Issuer::start(&[&known]).await;
    let oidc = oidc(&issuer);
    let token = unknown.sign(&lasting(&issuer));
    assert!(oidc.authenticate(&known.sign(&lasting(&issuer)), at(NOW)).await.is_ok());
    for (after, fetched) in [(1, 1), (59, 1), (60, 2), (61, 2), (119, 2), (120, 3)] {
        assert_eq!(oidc.authenticate(&token, at(NOW + after)).await, Err(Refusal::UnknownSigningKey));
        assert_eq!(issuer.fetched(), fetched, "after {after} s");
    }
    for other in ["a", "b", "c"] {
        let token = Signer::ed(other).sign(&lasting(&issuer));
        assert_eq!(oidc.authenticate(&token, at(NOW + 121)).await, Err(Refusal::UnknownSigningKey));
    }
    assert_eq!(issuer.fetched(), 3, "another unknown name is no reason to ask sooner");
}

#[tokio::test]
async fn a_key_that_was_rotated_in_works_after_one_fetch_and_the_old_one_no_longer() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let issuer = Issuer::start(&[&old]).await;
    let oidc = oidc(&issuer);
    assert!(oidc.authenticate(&old.sign(&lasting(&issuer)), at(NOW)).await.is_ok());
    issuer.publish(&[&new]);
    assert!(oidc.authenticate(&new.sign(&lasting(&issuer)), at(NOW + 60)).await.is_ok());
    assert_eq!(issuer.fetched(), 2);
    let refused = oidc.authenticate(&old.sign(&lasting(&issuer)), at(NOW + 61)).await;
    assert_eq!(refused, Err(Refusal::UnknownSigningKey));
}

#[tokio::test]
async fn keys_are_refreshed_after_an_hour_while_callers_go_on() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let issuer = Issuer::start(&[&old]).await;
    let oidc = oidc(&issuer);
    let token = old.sign(&lasting(&issuer));
    assert!(oidc.authenticate(&token, at(NOW)).await.is_ok());
    assert!(oidc.authenticate(&token, at(NOW + 3_599)).await.is_ok());
    assert_eq!(issuer.asked(), 1);
    issuer.publish(&[&new]);
    assert!(oidc.authenticate(&token, at(NOW + 3_600)).await.is_ok(), "nobody waits for the refresh");
    issuer.until_fetched(2).await;
    // This one joins the fetch that is about to end, or comes after it: either way the issuer is not asked again.
    assert!(oidc.authenticate(&new.sign(&lasting(&issuer)), at(NOW + 3_601)).await.is_ok());
    assert_eq!(issuer.asked(), 2);
    assert_eq!(oidc.authenticate(&token, at(NOW + 3_602)).await, Err(Refusal::UnknownSigningKey));
}

#[tokio::test]
async fn an_issuer_that_is_down_leaves_the_keys_that_are_held() {
    let (known, unknown) = (Signer::ed("known"), Signer::ed("unknown"));
    let issuer = Issuer::start(&[&known]).await;
    let oidc = oidc(&issuer);
    let token = known.sign(&lasting(&issuer));
    assert!(oidc.authenticate(&token, at(NOW)).await.is_ok());
    issuer.behave(Manner::Down);
    let refused = oidc.authenticate(&unknown.sign(&lasting(&issuer)), at(NOW + 60)).await;
    assert_eq!(refused, Err(Refusal::Unavailable), "nobody can say whether there is such a key");
    assert!(oidc.authenticate(&token, at(NOW + 100_000)).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_was_down_at_the_start_is_asked_again() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    issuer.behave(Manner::Down);
    let oidc = oidc(&issuer);
    let token = signer.sign(&lasting(&issuer));
    assert_eq!(oidc.authenticate(&token, at(NOW)).await, Err(Refusal::Unavailable));
    issuer.behave(Manner::Well);
    assert_eq!(oidc.authenticate(&token, at(NOW + 4)).await, Err(Refusal::Unavailable));
    assert_eq!(issuer.asked(), 1, "not within five seconds");
    assert!(oidc.authenticate(&token, at(NOW + 5)).await.is_ok());
}

#[tokio::test]
async fn an_issuer_where_nobody_listens_is_unavailable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let oidc = Oidc::new(OidcSettings::new(&url, "letopis", "employee")).unwrap();
    let token = Signer::ed("d").sign(&json!({ "iss": url }));
    assert_eq!(oidc.authenticate(&token, at(NOW)).await, Err(Refusal::Unavailable));
}

#[tokio::test]
async fn many_callers_share_one_fetch() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    let oidc = Arc::new(oidc(&issuer));
    let token = signer.sign(&lasting(&issuer));
    let callers: Vec<_> = (0..50)
        .map(|_| {
            let (oidc, token) = (Arc::clone(&oidc), token.clone());
            tokio::spawn(async move { oidc.authenticate(&token, at(NOW)).await.is_ok() })
        })
        .collect();
    for caller in callers {
        assert!(caller.await.unwrap());
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_stop_the_fetch() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    let oidc = oidc(&issuer);
    let token = signer.sign(&lasting(&issuer));
    // Polled once, so that the fetch begins, and dropped.
    let left = tokio::time::timeout(Duration::ZERO, oidc.authenticate(&token, at(NOW))).await;
    assert!(left.is_err());
    assert!(oidc.authenticate(&token, at(NOW)).await.is_ok(), "at the same instant, so by the first fetch");
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_in_time_is_unavailable() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    issuer.behave(Manner::Hangs);
    let oidc = Oidc::new(OidcSettings { timeout_ms: 200, ..settings(&issuer) }).unwrap();
    let began = Instant::now();
    let refused = oidc.authenticate(&signer.sign(&lasting(&issuer)), at(NOW)).await;
    assert_eq!(refused, Err(Refusal::Unavailable));
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn an_issuer_that_calls_itself_otherwise_is_not_believed() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    let keys = format!("{}/keys", issuer.url);
    for discovery in [
        json!({ "issuer": "https://other.example", "jwks_uri": keys }),
        json!({ "issuer": format!("{}/", issuer.url), "jwks_uri": keys }),
        json!({ "jwks_uri": keys }),
        json!({ "issuer": issuer.url }),
        json!({ "issuer": issuer.url, "jwks_uri": "http://keys.example/" }),
        json!({ "issuer": issuer.url, "jwks_uri": "file:///keys" }),
        json!({ "issuer": issuer.url, "jwks_uri": keys.replace("http://", "http://user@") }),
        json!([]),
    ] {
        issuer.describe_as(discovery.clone());
        let refused = oidc(&issuer).authenticate(&signer.sign(&lasting(&issuer)), at(NOW)).await;
        assert_eq!(refused, Err(Refusal::Unavailable), "{discovery}");
    }
    assert_eq!(issuer.fetched(), 0, "its keys were not asked for");
    issuer.describe_as(json!({ "issuer": issuer.url, "jwks_uri": format!("{keys}?policy=x") }));
    assert!(oidc(&issuer).authenticate(&signer.sign(&lasting(&issuer)), at(NOW)).await.is_ok(), "a query is no harm");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    issuer.behave(Manner::Redirects);
    let refused = oidc(&issuer).authenticate(&signer.sign(&lasting(&issuer)), at(NOW)).await;
    assert_eq!(refused, Err(Refusal::Unavailable));
    assert_eq!((issuer.asked(), issuer.fetched()), (1, 0));
}

#[tokio::test]
async fn keys_that_are_too_large_or_none_at_all_are_not_taken() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    let padded = |bytes: usize| {
        let padding = "x".repeat(bytes);
        json!({ "keys": [signer.jwk], "padding": padding }).to_string().into_bytes()
    };
    for bytes in [padded(1024 * 1024), b"{\"keys\":[]}".to_vec(), b"{}".to_vec(), b"<html>".to_vec(), Vec::new()] {
        issuer.publish_bytes(bytes);
        let refused = oidc(&issuer).authenticate(&signer.sign(&lasting(&issuer)), at(NOW)).await;
        assert_eq!(refused, Err(Refusal::Unavailable));
    }
    issuer.publish_bytes(padded(1000 * 1024));
    assert!(oidc(&issuer).authenticate(&signer.sign(&lasting(&issuer)), at(NOW)).await.is_ok());
}
