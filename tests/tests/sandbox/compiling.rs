//! Compiling is untrusted work, done by a process of its own.

use std::path::PathBuf;

use qadam_tests::{
    hostile::{Guest, laborious},
    probe::{adapter, put},
    program::Program,
};

use crate::scene::{is_refused, load, neighbour, the_neighbour_goes_on};

fn host(compile: &str) -> Program {
    let program = neighbour(&format!("[providers.hostile]\n[adapters]\ncompile = {{ {compile} }}\n"));
    assert_eq!(load(&program, &Guest::friendly().component()).0, 200);
    program
}

/// A component that compiles for minutes.
fn endless() -> Vec<u8> {
    Guest::friendly().with(&laborious(25_000)).component()
}

/// The processes that compile for a host.
fn compilers(program: &Program) -> Vec<u32> {
    let of_host = |folder: &PathBuf| {
        let stat = std::fs::read_to_string(folder.join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<u32>().ok());
        parent == Some(program.pid())
    };
    let processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    processes.filter(of_host).filter_map(|folder| folder.file_name()?.to_str()?.parse().ok()).collect()
}

fn open_files(process: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok()).collect()
}

fn runs(process: u32) -> bool {
    // One that has ended and was not waited for yet has no memory any more.
    std::fs::read_to_string(format!("/proc/{process}/statm")).is_ok_and(|text| !text.starts_with("0 "))
}

#[test]
fn a_component_that_compiles_for_minutes() {
    let program = host("seconds = 5");
    let component = endless();
    std::thread::scope(|scope| {
        let loading = scope.spawn(|| is_refused(&program, &component, "compile-time"));
        program.until(|program| !compilers(program).is_empty());
        the_neighbour_goes_on(&program);
        assert!(!loading.is_finished(), "it compiled all the while");
        let said = loading.join().unwrap();
        assert!(said.contains("compiling was ended after "), "{said}");
        assert!(said.contains("the limit `compile.seconds` is 5s of processor time"), "{said}");
    });
    the_neighbour_goes_on(&program);
    assert_eq!(compilers(&program), Vec::<u32>::new());
}

#[test]
fn a_component_that_takes_all_memory_to_compile() {
    let program = host("memory-mib = 256");
    let said = is_refused(&program, &endless(), "compile-memory");
    assert!(said.contains("the limit `compile.memory-mib`, 256 MiB"), "{said}");
    the_neighbour_goes_on(&program);
}

#[test]
fn a_process_that_compiles_may_do_nothing_else_and_ends_with_its_host() {
    let mut program = host("seconds = 3000, memory-mib = 1500");
    put(&program, "hostile.wasm", &endless());
    program.until(|program| !compilers(program).is_empty());
    let process = compilers(&program)[0];
    let of = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap();
    program.until(|_| of("limits").contains("3000"));
    let limits = of("limits");
    for (limit, value) in [
        ("Max address space", "1572864000"),
        ("Max cpu time", "3000"),
        ("Max core file size", "0"),
        ("Max file size", "0"),
        ("Max open files", "0"),
        ("Max processes", "0"),
    ] {
        let line = limits.lines().find(|line| line.starts_with(limit)).unwrap();
        assert_eq!(line[limit.len()..].split_whitespace().next(), Some(value), "{line}");
    }
    assert_eq!(of("environ"), "", "the host's environment is not its own");
    // What whoever runs the tests has left open for all it starts is not the host's to give.
    let (given, left) = (open_files(&process.to_string()), open_files("self"));
    let own: Vec<&PathBuf> =
        given.iter().filter(|file| !left.contains(file) && !file.starts_with("/dev/null")).collect();
    assert!(own.len() <= 4 && own.iter().all(|file| file.to_string_lossy().starts_with("pipe:")), "{own:?}");
    program.kill();
    program.until(|_| !runs(process));
}

#[test]
fn a_host_that_stops_does_not_wait_for_what_is_compiled() {
    let mut program = host("seconds = 3000");
    put(&program, "hostile.wasm", &endless());
    program.until(|program| !compilers(program).is_empty());
    let process = compilers(&program)[0];
    program.stop();
    assert!(!runs(process));
    program.restart();
    program.until(|program| adapter(program, "hostile")["service"] == "serving");
    the_neighbour_goes_on(&program);
}
