//! Rules of the repository that no compiler checks: layers, sizes, module docs, left-overs.

mod layers;
mod sources;
mod text;

use std::path::{Path, PathBuf};

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate lies in the repository").to_path_buf()
}

/// A file of the repository, with its path from the root.
struct SourceFile {
    path: String,
    text: String,
}

/// Every file under `folders` with one of the extensions.
fn files(folders: &[&str], extensions: &[&str]) -> Vec<SourceFile> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(folder), extensions, &mut found);
    }
    assert!(!found.is_empty(), "no files with {extensions:?} under {folders:?}: the check would check nothing");
    found
}

fn collect(folder: &Path, extensions: &[&str], found: &mut Vec<SourceFile>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            if !path.ends_with("node_modules") && !path.ends_with("target") {
                collect(&path, extensions, found);
            }
        } else if path.extension().is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted)) {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root()).expect("a path below the root").to_string_lossy().into_owned();
            found.push(SourceFile { path, text });
        }
    }
}

const CRATES: &[&str] = &["domain", "eventlog", "projections", "api", "tests", "benches"];
