//! Peers that are missing, die, stall or flood.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use spec::ExitCode;

use crate::setting::{Ended, Process, SLACK, Setting};

const ALL: [&str; 3] = ["bank", "bureau", "employer"];

#[test]
fn parties_find_what_is_theirs_beside_a_task_file_in_the_current_directory() {
    let setting = Setting::new(2);
    let [bank, bureau] = ["bank", "bureau"].map(|name| {
        let mut command = setting.command("party");
        command.current_dir(setting.dir.path()).args(["task.toml", "--json", "--me", name]);
        Process::start(name, command)
    });
    let result = bank.end().passed(&setting);
    assert_eq!(result["outputs"][0]["values"][0]["decimal"], Setting::exposure().to_string());
    assert_eq!(bureau.end().passed(&setting)["outputs"].as_array().unwrap().len(), 0);
    for name in ["bank", "bureau"] {
        assert!(setting.path(&format!("{name}.ledger/state")).exists());
    }
}

#[test]
fn a_peer_that_never_comes() {
    let setting = Setting::new(2).with_timeouts([2, 2, 2]);
    let start = Instant::now();
    let ended = setting.party("bank", &[]).end_within(SLACK);
    let address = format!("bureau (127.0.0.1:{})", setting.ports[1]);
    ended.refused(&setting, ExitCode::Unavailable, &["did not connect in time", &address]);
    assert!(start.elapsed() >= Duration::from_secs(2));
}

#[test]
fn a_port_that_is_taken() {
    let setting = Setting::new(2);
    let _taken = TcpListener::bind(("127.0.0.1", setting.ports[0])).unwrap();
    let address = format!("cannot listen on 127.0.0.1:{}", setting.ports[0]);
    let ended = setting.party("bank", &[]).end_within(SLACK);
    ended.refused(&setting, ExitCode::Unavailable, &[&address, "in use"]);
}

/// Whoever lost a peer names a step, a party and what happened; one of them names the peer that is gone.
fn lost(setting: &Setting, ends: [Ended; 2], gone: &str, how: &str) {
    let messages = ends.map(|e| e.refused(setting, ExitCode::Unavailable, &["step ", "waiting for "]));
    assert!(messages.iter().any(|m| m.contains(&format!("waiting for {gone}: {how}"))), "{messages:#?}");
}

#[test]
fn a_peer_that_is_killed_during_preprocessing() {
    let setting = Setting::new(3).with_products(4);
    let [bank, mut bureau, employer] = ALL.map(|name| setting.party(name, &[]));
    bureau.wait_for("key setup");
    bureau.signal("KILL");
    lost(&setting, [bank, employer].map(|p| p.end_within(SLACK)), "bureau", "the connection was closed");
}

#[test]
fn a_peer_that_is_killed_during_the_computation() {
    // The computation of ten rows may be over before the signal arrives.
    for _ in 0..5 {
        let setting = Setting::new(2).with_products(40);
        let [bank, mut bureau] = ["bank", "bureau"].map(|name| setting.party(name, &[]));
        bureau.wait_for("computing");
        bureau.signal("KILL");
        let ended = bank.end_within(SLACK);
        if ended.status.success() {
            ended.passed(&setting);
            continue;
        }
        let message =
            ended.refused(&setting, ExitCode::Unavailable, &["waiting for bureau: the connection was closed"]);
        assert!(!message.contains("deviated"), "{message}");
        // What was open is burnt, and the next run makes its own.
        let [bank, bureau] = ["bank", "bureau"].map(|name| setting.party(name, &[]));
        bureau.end().passed(&setting);
        bank.end().passed(&setting);
        return;
    }
    panic!("the computation was always over");
}

#[test]
fn a_peer_that_stalls() {
    let setting = Setting::new(3).with_products(4).with_timeouts([60, 4, 8]);
    let [bank, mut bureau, employer] = ALL.map(|name| setting.party(name, &[]));
    bureau.wait_for("key setup");
    bureau.signal("STOP");
    let limit = Duration::from_secs(8) + SLACK;
    lost(&setting, [bank, employer].map(|p| p.end_within(limit)), "bureau", "no sign of life");
    // It comes back to a session that is over.
    bureau.signal("CONT");
    bureau.end_within(limit).refused(&setting, ExitCode::Unavailable, &["waiting for "]);
}

#[test]
fn strangers_who_take_all_places_are_mentioned() {
    let setting = Setting::new(2).with_timeouts([7, 4, 7]);
    let mut bank = setting.party("bank", &[]);
    bank.wait_for("connecting");
    let address = ("127.0.0.1", setting.ports[0]);
    let limit = Instant::now() + SLACK;
    let mut held = Vec::new();
    while held.len() < 80 && Instant::now() < limit {
        match TcpStream::connect(address) {
            Ok(caller) => held.push(caller),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    let words = ["bureau (127.0.0.1:", "callers beyond 64 at a time", "stayed silent"];
    bank.end_within(Duration::from_secs(7) + SLACK).refused(&setting, ExitCode::Unavailable, &words);
}

#[test]
fn strangers_at_the_port() {
    let setting = Setting::new(2);
    let bank = setting.party("bank", &[]);
    let address = ("127.0.0.1", setting.ports[0]);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let flood = std::thread::spawn(move || {
        let mut held = Vec::new();
        let mut count = 0u32;
        while !stopped.load(Ordering::Relaxed) {
            let Ok(mut caller) = TcpStream::connect(address) else {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            };
            count += 1;
            let garbage: &[u8] = match count % 4 {
                0 => b"GET / HTTP/1.1\r\n\r\n",
                1 => &[0x16, 0x03, 0x01, 0xff, 0xff, 0x01],
                2 => &[0xff; 4096],
                _ => &[],
            };
            let _ = caller.set_write_timeout(Some(Duration::from_millis(50)));
            let _ = caller.write_all(garbage);
            // One in eight says nothing more and keeps its place.
            if count % 8 == 3 && held.len() < 32 {
                held.push(caller);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        count
    });
    std::thread::sleep(Duration::from_secs(1));
    let bureau = setting.party("bureau", &[]);
    let result = bank.end().passed(&setting);
    assert_eq!(result["outputs"][0]["values"][0]["decimal"], Setting::exposure().to_string());
    bureau.end().passed(&setting);
    stop.store(true, Ordering::Relaxed);
    assert!(flood.join().unwrap() > 10);
}
