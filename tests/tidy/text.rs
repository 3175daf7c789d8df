//! What must not be left in sources and documents.

use crate::{CRATES, files, root};

#[test]
fn nothing_is_left_for_later_in_the_code() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("todo", "!("), concat!("unimplemented", "!(")];
    let mut offenders = Vec::new();
    for file in files(CRATES, &["rs", "toml", "mjs", "sh"]) {
        for (number, line) in file.text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) || line.contains(concat!("#[", "ignore")) {
                offenders.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    assert!(offenders.is_empty(), "left for later:\n{}", offenders.join("\n"));
}

#[test]
fn the_readme_stays_short() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    assert!(text.lines().count() <= 150, "README.md has over 150 lines; move parts to docs/");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    let mut documents = files(&["docs"], &["md"]);
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    documents.push(crate::SourceFile { path: "README.md".to_owned(), text: readme });
    for document in &documents {
        let folder = root().join(&document.path).parent().expect("a file has a folder").to_path_buf();
        for target in document.text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or(target);
            if !file.is_empty() && !file.contains("://") && !file.contains(' ') && !folder.join(file).exists() {
                broken.push(format!("{}: {target}", document.path));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}
