//! What the host is deployed with: the unit of systemd, the container file, the example of a configuration.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and one that is skipped says so"
)]

use std::{
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use qadam_tests::program::{Program, Setup};

const BINARY: &str = env!("CARGO_BIN_EXE_qadam-under-test");

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../host/daemon/deploy").join(name)
}

/// The unit, starting the program under test, in a folder of its own.
fn unit(folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(deploy("qadam.service")).unwrap();
    assert!(text.contains("ExecStart=/usr/bin/qadam serve "));
    let path = folder.join("qadam.service");
    std::fs::write(&path, text.replace("/usr/bin/qadam ", &format!("{BINARY} "))).unwrap();
    path
}

/// `systemd-analyze`, where there is one.
fn analyze(args: &[&str], unit: &Path) -> Option<(bool, String)> {
    let out = Command::new("systemd-analyze").args(args).arg(unit).output().ok()?;
    Some((out.status.success(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()))
}

#[test]
fn the_example_configuration_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let out = Command::new(BINARY)
        .args(["serve", "--check-config", "--data"])
        .arg(folder.path())
        .arg("--config")
        .arg(deploy("qadam.toml"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn the_unit_is_one_for_systemd_and_leaves_the_service_little_to_harm() {
    let folder = tempfile::tempdir().unwrap();
    let unit = unit(folder.path());
    let Some((right, said)) = analyze(&["verify", "--recursive-errors=no"], &unit) else {
        println!("skipped: there is no systemd-analyze here");
        return;
    };
    assert!(right && !said.contains("qadam.service:"), "{said}");
    // 100 is everything; what is left is the network and the pages that adapters are compiled to.
    let (harmless, said) = analyze(&["security", "--offline=true", "--threshold=25"], &unit).unwrap();
    assert!(harmless, "{said}");
}

#[test]
fn the_unit_says_what_the_program_needs_and_does() {
    let text = std::fs::read_to_string(deploy("qadam.service")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for line in [
        "Type=notify",
        "DynamicUser=yes",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "StateDirectory=qadam qadam-adapters",
        "MemoryDenyWriteExecute=no",
        "Restart=on-failure",
    ] {
        assert!(lines.contains(&line), "{line}");
    }
    let start = lines.iter().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/qadam ")).unwrap();
    let help = Command::new(BINARY).args(["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for option in start.split(' ').filter(|word| word.starts_with("--")) {
        assert!(help.contains(option), "{option}");
    }
}

#[test]
fn a_service_manager_is_told_when_the_host_is_ready_alive_and_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let told = || {
        let mut buffer = [0; 256];
        let length = manager.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    let env = vec![("NOTIFY_SOCKET".into(), path.clone().into_os_string())];
    let mut host = Program::start(BINARY, Setup { env, ..Setup::default() });
    assert_eq!(told(), "READY=1");
    assert_eq!(told(), "WATCHDOG=1");
    host.stop();
    let last = std::iter::repeat_with(told).find(|told| told != "WATCHDOG=1");
    assert_eq!(last.as_deref(), Some("STOPPING=1"));
}

#[test]
fn the_container_is_built_in_stages_and_runs_as_nobody_in_particular() {
    let text = std::fs::read_to_string(deploy("Containerfile")).unwrap();
    let of = |name: &str| -> Vec<&str> { text.lines().filter_map(|line| line.strip_prefix(name)).collect() };
    let from = of("FROM ");
    assert_eq!(from.len(), 2, "{from:?}");
    // By the names that every registry knows: which one serves them is the builder's to say.
    assert!(from.iter().all(|image| !image.contains('/')), "{from:?}");
    assert_eq!(of("USER "), ["10001:10001"]);
    let copied: Vec<_> = of("COPY ").iter().filter_map(|copy| copy.split(' ').next()).collect();
    assert_eq!(copied, [".", "--from=build", "host/daemon/deploy/qadam.toml"]);
    let toolchain = std::fs::read_to_string(deploy("../../../rust-toolchain.toml")).unwrap();
    assert!(toolchain.contains("1.95") && from[0].starts_with("rust:1.95"), "{toolchain}");
}
