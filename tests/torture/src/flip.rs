//! Bits that flip while nobody uses the folder: each must be named, or change nothing that anybody is told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::child::{Kill, program, run};
use crate::oracle::{End, Oracle};
use crate::random::Random;
use crate::torment::{Job, Outcome, prepare, writer};

/// Longest wait for a portrait; a machine that is busy with other things is no finding.
const PATIENCE: Duration = Duration::from_mins(5);
/// Runs that fill the folder.
const RUNS: u64 = 3;

/// Fills a folder, and flips one bit in a copy of it, as often as asked.
pub fn flip_bits(
    job: &Job,
    place: &Path,
    random: &mut Random,
    rounds: u64,
    outcome: &mut Outcome,
) -> anyhow::Result<()> {
    let data = place.join("data");
    prepare(&data)?;
    let mut oracle = Oracle::default();
    for number in 0..RUNS {
        let requests = 20 + random.below(30);
        let ran = run(writer(&data, random.next(), number, requests), &mut oracle, &[], Kill::Never)?;
        anyhow::ensure!(ran.end == End::Closed, "the writer did not close the log: {ran:?}");
    }
    outcome.acknowledged += oracle.order.len() as u64;
    let original = portrait(&data, place)?;
    let original = lines(&original);
    anyhow::ensure!(
        original.iter().all(|line| !line.starts_with("named") && !line.starts_with("wrong")),
        "the intact folder is found damaged: {original:#?}"
    );
    for _ in 0..rounds {
        if job.until.is_some_and(|until| Instant::now() >= until) {
            break;
        }
        let flipped = Flip::draw(&data, random)?;
        let drawn = portrait_with(&data, place, Some(&flipped))?;
        outcome.rounds += 1;
        match judge(&original, &drawn) {
            Ok(how) => outcome.count(format!("{}: {how}", flipped.kind())),
            Err(what) => {
                let Flip { file, byte, bit, .. } = &flipped;
                let file = file.strip_prefix(&data).unwrap_or(file).display();
                let (seed, round) = (job.seed, outcome.rounds);
                outcome.count(format!("{}: FOUND", flipped.kind()));
                outcome
                    .findings
                    .push(format!("bit-flip, seed {seed}, round {round}: bit {bit} of byte {byte} of {file}: {what}"));
            }
        }
    }
    Ok(())
}

struct Flip {
    file: PathBuf,
    byte: u64,
    bit: u64,
}

impl Flip {
    /// Any file as likely as any other, then any bit of it.
    fn draw(data: &Path, random: &mut Random) -> anyhow::Result<Self> {
        let mut all = Vec::new();
        files(data, &mut all)?;
        all.retain(|(_, size)| *size > 0);
        all.sort();
        let place = usize::try_from(random.below(all.len() as u64))?;
        let (file, size) = all.swap_remove(place);
        // Ends and beginnings hold what is read first.
        let byte = match random.below(4) {
            0 => size - 1 - random.below(size.min(64)),
            1 => random.below(size.min(64)),
            _ => random.below(size),
        };
        Ok(Self { file, byte, bit: random.below(8) })
    }

    /// The kind of file: its folder, and its name without numbers.
    fn kind(&self) -> String {
        let part = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.chars().filter(|letter| !letter.is_ascii_digit()).collect::<String>()
        };
        format!("{}/{}", self.file.parent().map(part).unwrap_or_default(), part(&self.file))
    }
}

fn portrait(data: &Path, place: &Path) -> anyhow::Result<Output> {
    portrait_with(data, place, None)
}

/// The portrait of a copy, drawn by a process of its own: damage may do anything to who reads it.
fn portrait_with(data: &Path, place: &Path, flip: Option<&Flip>) -> anyhow::Result<Output> {
    let copy = place.join("copy");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    copy_folder(data, &copy)?;
    if let Some(Flip { file, byte, bit }) = flip {
        let file = copy.join(file.strip_prefix(data)?);
        let mut bytes = fs::read(&file)?;
        let byte = bytes.get_mut(usize::try_from(*byte)?).context("the byte lies in the file")?;
        *byte ^= 1 << bit;
        fs::write(&file, bytes)?;
    }
    let out = place.join("portrait.txt");
    let mut command = Command::new(program());
    command.arg("portrait").arg(&copy).stdin(Stdio::null());
    let mut child =
        command.stdout(fs::File::create(&out)?).stderr(fs::File::create(place.join("stderr.txt"))?).spawn()?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill()?;
            break child.wait()?;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    Ok(Output { status, stdout: fs::read(out)?, stderr: fs::read(place.join("stderr.txt"))? })
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// How a flip ended well, or what is wrong.
fn judge(original: &[String], output: &Output) -> Result<&'static str, String> {
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the reader ended with {}: {}", output.status, words.trim()));
    }
    let drawn = lines(output);
    let (named, served): (Vec<&String>, Vec<&String>) = drawn.iter().partition(|line| line.starts_with("named"));
    if let Some(wrong) = served.iter().find(|line| !original.contains(line)) {
        return Err(format!("it served `{wrong}`; it named {named:?}"));
    }
    if named.is_empty() {
        return if served.len() == original.len() {
            Ok("harmless")
        } else {
            Err("some answers are missing".to_owned())
        };
    }
    let places = ["/", "position", ".sst", "MANIFEST", "CURRENT", "clean-stop"];
    match named.iter().find(|line| places.iter().any(|place| line.contains(place))) {
        Some(_) => Ok("named"),
        None => Err(format!("the damage is not named: {named:?}")),
    }
}

fn files(folder: &Path, out: &mut Vec<(PathBuf, u64)>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, out)?;
        } else {
            out.push((path.clone(), path.metadata()?.len()));
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if path.is_dir() {
            copy_folder(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
