//! A filled host: memory, bytes on disk, and the time to open after kill -9 while records flow, beside the time to read
//! the same bytes.

use std::{
    fs::File,
    io::Read as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::fs::{Advice, fadvise};

use crate::{
    Failure, Ratios,
    child::Program,
    client::{self, Load},
};

/// What an event may take on disk.
const GOAL: f64 = 2048.0;

pub(crate) fn run(records: u64, folder: &Path, ratios: &mut Ratios) -> Result<(), Failure> {
    let folder = folder.join("volume");
    let data = folder.join("data");
    let mut program = Program::start(&folder)?;
    let load = Load::batches(program.address, &program.key()?, records);
    let start = Instant::now();
    let sent = client::drive(&load)?;
    let counts = settled(&program)?;
    let seconds = start.elapsed().as_secs_f64();
    let taken = sent.records as f64;
    println!(
        "{} records in batches: {:.0} records/s acknowledged, {:.0} records/s until all mapped",
        sent.records,
        sent.rate(),
        taken / seconds
    );
    println!("memory: {} MiB now, {} MiB at the peak", program.memory("VmRSS")? >> 10, program.memory("VmHWM")? >> 10);
    println!(
        "bytes a record: {:.0} in the journal, {:.0} in the index",
        counts.journal as f64 / taken,
        counts.index as f64 / taken
    );
    println!("on disk: {} MiB while it runs, with what the journal has allocated ahead", used(&data)? >> 20);

    // More records are on their way when it is killed.
    let load = Load::batches(program.address, &program.key()?, records);
    let sending = std::thread::spawn(move || client::drive(&load).is_err());
    std::thread::sleep(Duration::from_secs_f64((sent.time.as_secs_f64() / 20.0).clamp(0.2, 3.0)));
    program.kill();
    let cut = sending.join().map_err(|_| "the client panicked")?;
    drop(program);
    forget(&data)?;
    let read = read(&data)?;
    forget(&data)?;
    let program = Program::start(&folder)?;
    let opened = program.opened.as_secs_f64();
    println!("killed {}", if cut { "while records flowed" } else { "after all records had come" });
    println!("opened in {opened:.2} s; read in {:.2} s, both from the disk", read.as_secs_f64());
    println!("memory after opening: {} MiB at the peak", program.memory("VmHWM")? >> 10);
    ratios.push(("open_over_read".into(), opened / read.as_secs_f64()));

    settled(&program)?;
    let all = events(&program)?;
    program.stop()?;
    let each = used(&data)? as f64 / all;
    println!("on disk after a stop: {} MiB, {each:.0} bytes for each of {all} events", used(&data)? >> 20);
    ratios.push(("disk_bytes_per_event_over_2048".into(), each / GOAL));
    Ok(())
}

/// Waits until everything is mapped.
fn settled(program: &Program) -> Result<crate::child::Counts, Failure> {
    let start = Instant::now();
    loop {
        let counts = program.counts()?;
        if counts.lag == 0 && counts.waiting == 0 {
            return Ok(counts);
        }
        if start.elapsed() > Duration::from_secs(1800) {
            return Err(format!("it does not come to rest: {counts:?}").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Events, one of each record.
fn events(program: &Program) -> Result<f64, Failure> {
    let bearer = format!("Bearer {}", program.key()?);
    let url = format!("http://{}/v1/summary", program.address);
    let answer = qadam_tests::http::call("GET", &url, &[("authorization", &bearer)], "")?.json();
    let events = answer.pointer("/0/events").and_then(serde_json::Value::as_f64);
    events.ok_or_else(|| format!("no count of events: {answer}").into())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// Bytes that the file system has given to the files of a folder.
fn used(folder: &Path) -> Result<u64, Failure> {
    files(folder)?.iter().map(|path| Ok(std::fs::metadata(path)?.blocks() * 512)).sum()
}

/// Drops the files from the page cache.
fn forget(folder: &Path) -> Result<(), Failure> {
    rustix::fs::sync();
    for path in files(folder)? {
        fadvise(File::open(path)?, 0, None, Advice::DontNeed)?;
    }
    Ok(())
}

/// The time to read all of them, one after the other.
fn read(folder: &Path) -> Result<Duration, Failure> {
    let start = Instant::now();
    let mut buffer = vec![0; 1 << 20];
    for path in files(folder)? {
        let mut file = File::open(path)?;
        while file.read(&mut buffer)? > 0 {}
    }
    Ok(start.elapsed())
}
