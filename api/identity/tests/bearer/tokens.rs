//! Which tokens are accepted, and as whom.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use letopis_identity::{Credential, Oidc, OidcSettings, Principal, Refusal, Scope};
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::signer::{Signer, base64};
use crate::{NOW, at, claims, employee, oidc, settings, with, without};

async fn refusal(oidc: &Oidc, token: &str) -> Refusal {
    oidc.authenticate(token, at(NOW)).await.unwrap_err()
}

#[tokio::test]
async fn a_token_signed_with_any_kind_of_key_stands_for_its_employee() {
    let signers = [Signer::rsa("r", 2048), Signer::ec("c"), Signer::ed("d")];
    let issuer = Issuer::start(&signers.each_ref()).await;
    let oidc = oidc(&issuer);
    for signer in &signers {
        let principal = oidc.authenticate(&signer.sign(&claims(&issuer)), at(NOW)).await.unwrap();
        let expected = Principal {
            employee: employee(),
            roles: Vec::new(),
            scopes: [Scope::Read, Scope::Record].into_iter().collect(),
            expires_at: Some(at(NOW + 660)),
            credential: Credential::Token { issuer: issuer.url.clone() },
        };
        assert_eq!(principal, expected, "{:?}", signer.algorithm);
    }
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512] {
        let token = signers[0].sign_as(&Header { alg: algorithm, ..signers[0].header() }, &claims(&issuer));
        assert!(oidc.authenticate(&token, at(NOW)).await.is_ok(), "{algorithm:?}");
    }
    assert_eq!(issuer.fetched(), 1, "the keys are fetched once");
}

#[tokio::test]
async fn each_claim_that_must_fit_is_checked() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    let oidc = oidc(&issuer);
    let good = || claims(&issuer);
    let wrong = [
        (with(good(), "iss", json!("https://other.example")), Refusal::WrongIssuer),
        (with(good(), "iss", json!(format!("{}/", issuer.url))), Refusal::WrongIssuer),
        (with(good(), "iss", json!([issuer.url])), Refusal::WrongIssuer),
        (without(good(), "iss"), Refusal::MissingClaim("iss")),
        (with(good(), "aud", json!("another")), Refusal::WrongAudience),
        (with(good(), "aud", json!(["another", "Letopis"])), Refusal::WrongAudience),
        (with(good(), "aud", json!([])), Refusal::WrongAudience),
        (without(good(), "aud"), Refusal::MissingClaim("aud")),
        (with(good(), "exp", json!(NOW - 60)), Refusal::Expired),
        (without(good(), "exp"), Refusal::MissingClaim("exp")),
        (with(good(), "exp", json!("tomorrow")), Refusal::MissingClaim("exp")),
        (with(good(), "nbf", json!(NOW + 61)), Refusal::NotYetValid),
        (without(good(), "employee"), Refusal::NoEmployee),
        (with(good(), "employee", json!("anna")), Refusal::NoEmployee),
        (with(good(), "employee", json!(7)), Refusal::NoEmployee),
        (with(good(), "employee", json!("00000000-0000-0000-0000-000000000000")), Refusal::NoEmployee),
    ];
    for (claims, expected) in wrong {
        assert_eq!(refusal(&oidc, &signer.sign(&claims)).await, expected, "{claims}");
    }
    for right in [
        with(good(), "aud", json!(["another", "letopis"])),
        with(good(), "exp", json!(NOW - 59)),
        with(good(), "nbf", json!(NOW + 60)),
    ] {
        assert!(oidc.authenticate(&signer.sign(&right), at(NOW)).await.is_ok(), "{right}");
    }
}

#[tokio::test]
async fn a_token_without_a_signature_is_refused() {
    let signer = Signer::rsa("r", 2048);
    let issuer = Issuer::start(&[&signer]).await;
    let oidc = oidc(&issuer);
    let payload = base64(claims(&issuer).to_string().as_bytes());
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let header = base64(json!({ "alg": none, "kid": "r", "typ": "JWT" }).to_string().as_bytes());
        assert_eq!(refusal(&oidc, &format!("{header}.{payload}.")).await, Refusal::WrongAlgorithm, "{none}");
    }
    let header = base64(json!({ "alg": "RS256", "kid": "r", "typ": "JWT" }).to_string().as_bytes());
    assert_eq!(refusal(&oidc, &format!("{header}.{payload}.")).await, Refusal::BadSignature);
}

#[tokio::test]
async fn the_public_key_as_a_shared_secret_signs_nothing() {
    for signer in [Signer::rsa("k", 2048), Signer::ec("k"), Signer::ed("k")] {
        let issuer = Issuer::start(&[&signer]).await;
        let oidc = oidc(&issuer);
        for public in &signer.public {
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let header = Header { kid: Some("k".to_owned()), ..Header::new(algorithm) };
                let forged = encode(&header, &claims(&issuer), &EncodingKey::from_secret(public)).unwrap();
                assert_eq!(refusal(&oidc, &forged).await, Refusal::WrongAlgorithm);
            }
        }
    }
}

#[tokio::test]
async fn a_shared_secret_among_the_keys_is_not_used() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    let secret = json!({ "kty": "oct", "kid": "s", "alg": "HS256", "k": base64(b"a secret that everybody reads") });
    issuer.publish_bytes(json!({ "keys": [secret, signer.jwk] }).to_string().into_bytes());
    let oidc = oidc(&issuer);
    let key = EncodingKey::from_secret(b"a secret that everybody reads");
    let hs = Header { kid: Some("s".to_owned()), ..Header::new(Algorithm::HS256) };
    assert_eq!(refusal(&oidc, &encode(&hs, &claims(&issuer), &key).unwrap()).await, Refusal::WrongAlgorithm);
    let named = signer.sign_as(&Header { kid: Some("s".to_owned()), ..signer.header() }, &claims(&issuer));
    assert_eq!(refusal(&oidc, &named).await, Refusal::UnknownSigningKey);
    assert!(oidc.authenticate(&signer.sign(&claims(&issuer)), at(NOW)).await.is_ok(), "the other key is used");
}

#[tokio::test]
async fn keys_for_another_purpose_are_not_used() {
    let signer = Signer::ec("c");
    let good = &signer.jwk;
    let weak = Signer::rsa("w", 1024);
    for (jwk, signer) in [
        (with(good.clone(), "use", json!("enc")), &signer),
        (with(good.clone(), "key_ops", json!(["sign"])), &signer),
        (with(good.clone(), "alg", json!("HS256")), &signer),
        (with(good.clone(), "alg", json!("ECDH-ES")), &signer),
        (with(good.clone(), "crv", json!("P-521")), &signer),
        (with(good.clone(), "kty", json!("XYZ")), &signer),
        (weak.jwk.clone(), &weak),
    ] {
        let other = Signer::ed("other");
        let issuer = Issuer::start(&[]).await;
        issuer.publish_bytes(json!({ "keys": [jwk, other.jwk, "no key", 7] }).to_string().into_bytes());
        let refused = refusal(&oidc(&issuer), &signer.sign(&claims(&issuer))).await;
        assert_eq!(refused, Refusal::UnknownSigningKey, "{jwk}");
    }
}

#[tokio::test]
async fn the_algorithm_must_be_allowed_and_fit_the_key() {
    let (rsa, ec) = (Signer::rsa("r", 2048), Signer::ec("c"));
    let issuer = Issuer::start(&[&rsa, &ec]).await;
    let only_ec = OidcSettings { algorithms: vec!["ES256".to_owned()], ..settings(&issuer) };
    let strict = Oidc::new(only_ec).unwrap();
    assert_eq!(refusal(&strict, &rsa.sign(&claims(&issuer))).await, Refusal::WrongAlgorithm);
    assert!(strict.authenticate(&ec.sign(&claims(&issuer)), at(NOW)).await.is_ok());

    let names_the_other = Header { kid: Some("c".to_owned()), ..rsa.header() };
    let refused = refusal(&oidc(&issuer), &rsa.sign_as(&names_the_other, &claims(&issuer))).await;
    assert_eq!(refused, Refusal::UnknownSigningKey);

    issuer.publish_bytes(json!({ "keys": [with(rsa.jwk.clone(), "alg", json!("RS512"))] }).to_string().into_bytes());
    let refused = refusal(&oidc(&issuer), &rsa.sign(&claims(&issuer))).await;
    assert_eq!(refused, Refusal::UnknownSigningKey, "the key is for RS512 only");
}

#[tokio::test]
async fn a_token_of_another_type_or_with_demands_is_refused() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    let oidc = oidc(&issuer);
    let header = |name: &str, value: Value| with(json!({ "alg": "EdDSA", "kid": "d", "typ": "JWT" }), name, value);
    for (name, value) in [
        ("typ", json!("logout+jwt")),
        ("typ", json!("secevent+jwt")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(null)),
    ] {
        let token = signer.sign_raw(&header(name, value.clone()), &claims(&issuer));
        assert_eq!(refusal(&oidc, &token).await, Refusal::WrongType, "{name}: {value}");
    }
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
        let token = signer.sign_raw(&header("typ", json!(typ)), &claims(&issuer));
        assert!(oidc.authenticate(&token, at(NOW)).await.is_ok(), "{typ}");
    }
    let untyped = signer.sign_raw(&json!({ "alg": "EdDSA", "kid": "d" }), &claims(&issuer));
    assert!(oidc.authenticate(&untyped, at(NOW)).await.is_ok());
}

#[tokio::test]
async fn a_changed_token_is_refused() {
    let signer = Signer::ec("c");
    let issuer = Issuer::start(&[&signer]).await;
    let oidc = oidc(&issuer);
    let token = signer.sign(&claims(&issuer));
    for place in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(oidc.authenticate(&changed, at(NOW)).await.is_err(), "changed at {place}");
    }
    let stranger = Signer::ec("c").sign(&claims(&issuer));
    assert_eq!(refusal(&oidc, &stranger).await, Refusal::BadSignature);
}

#[tokio::test]
async fn a_token_without_the_name_of_its_key_is_accepted_when_only_one_fits() {
    let (one, other, rsa) = (Signer::ec("1"), Signer::ec("2"), Signer::rsa("3", 2048));
    let issuer = Issuer::start(&[&one, &rsa]).await;
    let token = one.sign_as(&Header { kid: None, ..one.header() }, &claims(&issuer));
    assert!(oidc(&issuer).authenticate(&token, at(NOW)).await.is_ok());
    issuer.publish(&[&one, &other, &rsa]);
    assert_eq!(refusal(&oidc(&issuer), &token).await, Refusal::UnknownSigningKey);
}

#[tokio::test]
async fn nothing_is_read_of_a_token_that_is_too_long() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    let oidc = oidc(&issuer);
    let padded = |length: usize| signer.sign(&with(claims(&issuer), "padding", json!("x".repeat(length))));
    assert_eq!(refusal(&oidc, &padded(16 * 1024)).await, Refusal::TooLong);
    assert_eq!(issuer.asked(), 0, "the issuer was not asked for it");
    assert!(oidc.authenticate(&padded(8 * 1024), at(NOW)).await.is_ok());
}

#[tokio::test]
async fn what_is_no_token_does_not_reach_the_issuer() {
    let issuer = Issuer::start(&[]).await;
    let oidc = oidc(&issuer);
    for text in ["", ".", "..", "a.b.c", "....", "e30.e30.e30", "{}", "e30.e30", "é.é.é", "W10.e30.e30"] {
        assert_eq!(refusal(&oidc, text).await, Refusal::Malformed, "{text}");
    }
    assert_eq!(issuer.asked(), 0);
}

#[tokio::test]
async fn roles_are_mapped_from_a_text_or_a_list_and_the_others_give_nothing() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    let oidc = oidc(&issuer);
    for (given, expected) in [
        (json!("crm-sales"), vec!["representative"]),
        (json!(["crm-lead", "crm-sales", "crm-lead"]), vec!["representative", "team-lead"]),
        (json!(["offline_access", "administrator", "representative"]), vec![]),
        (json!(["crm-sales", 7, null, ["crm-lead"]]), vec!["representative"]),
        (json!({ "crm-sales": true }), vec![]),
        (json!(null), vec![]),
    ] {
        let token = signer.sign(&with(claims(&issuer), "realm_access", json!({ "roles": given })));
        assert_eq!(oidc.authenticate(&token, at(NOW)).await.unwrap().roles, expected, "{given}");
    }
}

#[tokio::test]
async fn employees_may_be_written_in_another_form() {
    let signer = Signer::ed("d");
    let issuer = Issuer::start(&[&signer]).await;
    let oidc = oidc(&issuer).reading_employees(|text| (text == "anna").then(employee));
    let anna = signer.sign(&with(claims(&issuer), "employee", json!("anna")));
    assert_eq!(oidc.authenticate(&anna, at(NOW)).await.unwrap().employee, employee());
    assert_eq!(refusal(&oidc, &signer.sign(&claims(&issuer))).await, Refusal::NoEmployee);
}
