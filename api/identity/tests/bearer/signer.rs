//! Keys made on the spot, and tokens signed with them.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::pkcs8::EncodePrivateKey;
use rand_core::OsRng;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::{EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};

/// A private key, and what is published of it.
pub struct Signer {
    pub kid: String,
    pub algorithm: Algorithm,
    pub jwk: Value,
    /// The public key as an attacker has it: PEM and DER.
    pub public: Vec<Vec<u8>>,
    key: EncodingKey,
}

impl Signer {
    pub fn rsa(kid: &str, bits: usize) -> Self {
        let private = rsa::RsaPrivateKey::new(&mut OsRng, bits).unwrap();
        let public = private.to_public_key();
        let (n, e) = (base64(&public.n().to_bytes_be()), base64(&public.e().to_bytes_be()));
        Self {
            kid: kid.to_owned(),
            algorithm: Algorithm::RS256,
            jwk: json!({ "kty": "RSA", "kid": kid, "use": "sig", "n": n, "e": e }),
            public: vec![
                public.to_public_key_pem(LineEnding::LF).unwrap().into_bytes(),
                public.to_public_key_der().unwrap().into_vec(),
                public.n().to_bytes_be(),
            ],
            key: EncodingKey::from_rsa_der(private.to_pkcs1_der().unwrap().as_bytes()),
        }
    }

    pub fn ec(kid: &str) -> Self {
        let private = p256::SecretKey::random(&mut OsRng);
        let point = private.public_key().to_encoded_point(false);
        let (x, y) = (base64(point.x().unwrap()), base64(point.y().unwrap()));
        Self {
            kid: kid.to_owned(),
            algorithm: Algorithm::ES256,
            jwk: json!({ "kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256", "x": x, "y": y }),
            public: vec![point.as_bytes().to_vec()],
            key: EncodingKey::from_ec_der(private.to_pkcs8_der().unwrap().as_bytes()),
        }
    }

    pub fn ed(kid: &str) -> Self {
        let private = ed25519_dalek::SigningKey::generate(&mut OsRng);
        let public = private.verifying_key().to_bytes();
        Self {
            kid: kid.to_owned(),
            algorithm: Algorithm::EdDSA,
            jwk: json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "key_ops": ["verify"], "x": base64(&public) }),
            public: vec![public.to_vec()],
            key: EncodingKey::from_ed_der(private.to_pkcs8_der().unwrap().as_bytes()),
        }
    }

    pub fn header(&self) -> Header {
        Header { kid: Some(self.kid.clone()), ..Header::new(self.algorithm) }
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(&self.header(), claims)
    }

    pub fn sign_as(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.key).unwrap()
    }

    /// A token with a header that the library would not write, properly signed.
    pub fn sign_raw(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

pub fn base64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}
