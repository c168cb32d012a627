//! The ledger directory: damaged, open to others, restored, shared, full.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use spec::ExitCode;

use crate::setting::{QUORATE, SLACK, Setting, copy};

/// Both parties once, to the end.
fn both(setting: &Setting) {
    let [bank, bureau] = ["bank", "bureau"].map(|name| setting.party(name, &[]));
    let result = bank.end().passed(setting);
    assert_eq!(result["outputs"][0]["values"][0]["decimal"], Setting::exposure().to_string());
    bureau.end().passed(setting);
}

fn bank_refuses(setting: &Setting, code: ExitCode, words: &[&str]) {
    setting.party("bank", &[]).end_within(SLACK).refused(setting, code, words);
}

#[test]
fn a_ledger_that_was_restored_damaged_or_opened_to_others() {
    let setting = Setting::new(2);
    let (ledger, backup) = (setting.path("bank.ledger"), setting.path("backup"));
    both(&setting);
    assert_eq!(fs::metadata(&ledger).unwrap().permissions().mode() & 0o777, 0o700);
    copy(&ledger, &backup);
    // The same directory serves a second run.
    both(&setting);

    fs::set_permissions(&ledger, fs::Permissions::from_mode(0o755)).unwrap();
    bank_refuses(&setting, ExitCode::Storage, &["bank.ledger", "other users", "chmod 700"]);
    fs::set_permissions(&ledger, fs::Permissions::from_mode(0o700)).unwrap();

    let state = ledger.join("state");
    let good = fs::read(&state).unwrap();
    for bad in [good[..good.len() / 2].to_vec(), [&good[..20], &[good[20] ^ 1], &good[21..]].concat(), vec![]] {
        fs::write(&state, bad).unwrap();
        bank_refuses(&setting, ExitCode::Data, &["bank.ledger/state", "damaged"]);
    }
    fs::remove_file(&state).unwrap();
    let name = fs::read_dir(&ledger).unwrap().map(|e| e.unwrap()).find(|e| e.file_type().unwrap().is_dir());
    if name.is_some() {
        bank_refuses(&setting, ExitCode::Data, &["bank.ledger/state", "missing"]);
    }

    fs::remove_dir_all(&ledger).unwrap();
    copy(&backup, &ledger);
    bank_refuses(&setting, ExitCode::Data, &["restored from a backup"]);

    fs::remove_dir_all(&ledger).unwrap();
    fs::write(&ledger, "a file").unwrap();
    bank_refuses(&setting, ExitCode::Storage, &["bank.ledger: a file is there, where a directory is needed"]);
}

#[test]
fn a_fence_that_is_a_file() {
    let setting = Setting::new(2);
    let file = setting.path("fence");
    fs::write(&file, "a file").unwrap();
    let ended = setting.party("bank", &["--state", file.to_str().unwrap()]).end_within(SLACK);
    ended.refused(&setting, ExitCode::Storage, &["fence: a file is there, where a directory is needed"]);
}

#[test]
fn a_ledger_that_another_process_uses() {
    let setting = Setting::new(2).with_timeouts([8, 4, 8]);
    let mut first = setting.party("bank", &[]);
    first.wait_for("connecting");
    let second = setting.party("bank", &[]).end_within(SLACK);
    second.refused(&setting, ExitCode::Storage, &["bank.ledger/lock", "another process"]);
    first.end_within(Duration::from_secs(8) + SLACK).refused(&setting, ExitCode::Unavailable, &["bureau"]);
}

#[test]
fn a_disk_that_is_full() {
    let setting = Setting::new(2).with_products(40);
    let disk = setting.path("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=32k,mode=700", "tmpfs"]).arg(&disk).output();
    if !mounted.is_ok_and(|m| m.status.success()) {
        eprintln!("NOT TESTED: a full disk (this user cannot mount a small one)");
        return;
    }
    let ledger = disk.join("ledger");
    let [bank, bureau] = [setting.party("bank", &["--ledger", ledger.to_str().unwrap()]), setting.party("bureau", &[])];
    let ends = [bank, bureau].map(|p| p.end_within(Duration::from_secs(60)));
    let unmounted = Command::new("umount").arg("-l").arg(&disk).status();
    assert!(unmounted.is_ok_and(|s| s.success()));
    ends[0].refused(&setting, ExitCode::Storage, &["disk/ledger", "make room on this disk"]);
    ends[1].refused(&setting, ExitCode::Unavailable, &["waiting for bank: the connection was closed"]);
}

#[test]
fn a_fence_does_not_depend_on_the_current_directory() {
    let setting = Setting::new(2).with_timeouts([1, 1, 1]);
    let (here, home) = (setting.path("here"), setting.path("home"));
    fs::create_dir(&here).unwrap();
    fs::create_dir(&home).unwrap();
    for state in ["", "relative"] {
        let mut command = Command::new(QUORATE);
        command.current_dir(&here).args(["party", "--me", "bank"]).arg(setting.task());
        command.env_remove("QUORATE_STATE").env("XDG_STATE_HOME", state).env("HOME", &home);
        assert_eq!(command.output().unwrap().status.code(), Some(i32::from(ExitCode::Unavailable.code())));
        assert_eq!(fs::read_dir(&here).unwrap().count(), 0, "XDG_STATE_HOME is `{state}`");
    }
    // One fence, and its lock.
    let fences = fs::read_dir(home.join(".local/state/quorate")).unwrap().map(|f| f.unwrap().path());
    let mut ends: Vec<_> = fences.map(|f| f.extension().map(|e| e.to_owned())).collect();
    ends.sort();
    assert_eq!(ends, [None, Some("lock".into())]);
}
