//! The direction of dependencies: `domain ← eventlog ← projections ← api`, within `api` from its parts to the whole, and
//! what each may not know.

use crate::{files, root};

/// A crate, the workspace crates it may use, and words its sources must not contain.
struct Layer {
    folder: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    Layer {
        folder: "domain",
        may_use: &[],
        never: &[
            "tokio::",
            "rust_rocksdb",
            "async_graphql",
            "axum::",
            "std::fs",
            "std::net",
            "std::thread",
            "SystemTime",
            "Instant::now",
            "Utc::now",
            "Local::now",
            "rand::",
            "now_v7",
            "new_v4",
            "async fn",
        ],
    },
    Layer {
        folder: "eventlog",
        may_use: &["letopis-domain"],
        never: &["async_graphql", "axum::", "letopis_projections", "letopis::"],
    },
    Layer {
        folder: "projections",
        may_use: &["letopis-domain", "letopis-eventlog"],
        never: &["async_graphql", "axum::", "http::", "letopis::"],
    },
    Layer {
        folder: "api/identity",
        may_use: &["letopis-domain"],
        never: &["async_graphql", "axum::", "rust_rocksdb", "SystemTime", "Utc::now", "Instant::now"],
    },
    Layer {
        folder: "api/access-log",
        may_use: &["letopis-domain"],
        never: &["async_graphql", "axum::", "rust_rocksdb", "letopis_eventlog", "letopis_projections"],
    },
    Layer {
        folder: "api/import",
        may_use: &["letopis-domain", "letopis-eventlog"],
        never: &["async_graphql", "axum::", "rust_rocksdb"],
    },
    Layer {
        folder: "api/demo",
        may_use: &["letopis-domain", "letopis-eventlog"],
        never: &["async_graphql", "axum::", "rust_rocksdb"],
    },
    Layer {
        folder: "api/graphql",
        may_use: &[
            "letopis-access-log",
            "letopis-domain",
            "letopis-eventlog",
            "letopis-identity",
            "letopis-projections",
        ],
        never: &["axum::", "rust_rocksdb", "letopis::"],
    },
    Layer {
        folder: "api",
        may_use: &[
            "letopis-access-log",
            "letopis-demo",
            "letopis-domain",
            "letopis-eventlog",
            "letopis-graphql",
            "letopis-identity",
            "letopis-import",
            "letopis-projections",
        ],
        never: &["rust_rocksdb"],
    },
];

#[test]
fn sources_know_only_what_their_layer_may_know() {
    let mut offenders = Vec::new();
    for layer in LAYERS {
        for file in files(&[&format!("{}/src", layer.folder)], &["rs"]) {
            let shipped = file.text.split("#[cfg(test)]").next().unwrap_or(&file.text);
            for (number, line) in shipped.lines().enumerate() {
                let code = line.split("//").next().unwrap_or(line);
                for word in layer.never.iter().filter(|word| code.contains(**word)) {
                    offenders.push(format!("{}:{}: {word}", file.path, number + 1));
                }
            }
        }
    }
    assert!(offenders.is_empty(), "a layer knows what it must not know:\n{}", offenders.join("\n"));
}

#[test]
fn manifests_point_only_downwards() {
    let mut offenders = Vec::new();
    for layer in LAYERS {
        let manifest = root().join(layer.folder).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("every layer has a manifest");
        for line in text.lines().filter(|line| line.starts_with("letopis")) {
            let used = line.split(['.', ' ', '=']).next().unwrap_or(line);
            if !layer.may_use.contains(&used) {
                offenders.push(format!("{}/Cargo.toml: {used}", layer.folder));
            }
        }
    }
    assert!(offenders.is_empty(), "a crate depends on one above it:\n{}", offenders.join("\n"));
}

#[test]
fn the_top_level_stays_as_agreed() {
    const AGREED: &[&str] = &[
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "Makefile",
        "README.md",
        "api",
        "benches",
        "clippy.toml",
        "deny.toml",
        "docs",
        "domain",
        "eventlog",
        "projections",
        "rustfmt.toml",
        "scripts",
        "tests",
        "typos.toml",
        // made by building and by `make demo`, never committed
        "letopis-data",
        "target",
    ];
    let strangers: Vec<String> = std::fs::read_dir(root())
        .expect("the root is readable")
        .map(|entry| entry.expect("a readable entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !AGREED.contains(&name.as_str()))
        .collect();
    assert!(strangers.is_empty(), "not agreed at the top level: {strangers:?}");
}
