//! Wrong keys, wrong roles, wrong tasks: never called cheating.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use spec::ExitCode;
use transport::identity;

use crate::setting::{SLACK, Setting};

#[test]
fn the_identity_of_another_party() {
    let setting = Setting::new(2);
    let bureau = setting.path("bureau");
    let ended = setting.party("bank", &["--identity", bureau.to_str().unwrap()]).end_within(SLACK);
    ended.refused(&setting, ExitCode::Configuration, &["for bank", "the identity of bureau", "swapped roles"]);
}

#[test]
fn an_identity_that_nobody_pins() {
    let setting = Setting::new(2).with_timeouts([4, 4, 4]);
    let other = setting.path("other");
    let pin = identity::keygen(&other, 1).unwrap().to_string();
    let identity = ["--identity", other.to_str().unwrap()];
    let ended = setting.party("bureau", &identity).end_within(SLACK);
    ended.refused(&setting, ExitCode::Configuration, &[&pin, &setting.pins[1], "for bureau"]);

    // With a task that pins the other key the bureau believes that all is well; the bank does not.
    let bank = setting.party("bank", &[]);
    let task = setting.path("other.toml");
    fs::write(&task, setting.text().replace(&setting.pins[1], &pin)).unwrap();
    let mut command = setting.command("party");
    command.arg(&task).args(["--me", "bureau", "--json", "--progress", "none"]).args(identity);
    let bureau = crate::setting::Process::start("bureau", command);
    bank.end_within(SLACK).refused(&setting, ExitCode::Configuration, &["bureau (127.0.0.1:", "wrong identity", &pin]);
    let bureau = bureau.end_within(SLACK);
    // It has been refused, or finds nobody there any more.
    let gone = bureau.status.code() == Some(i32::from(ExitCode::Unavailable.code()));
    let code = if gone { ExitCode::Unavailable } else { ExitCode::Configuration };
    bureau.refused(&setting, code, &["bank (127.0.0.1:"]);
}

#[test]
fn an_identity_whose_time_is_over() {
    let setting = Setting::new(2);
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["quorate.invalid".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(2024, 1, 1), rcgen::date_time_ymd(2024, 2, 1));
    fs::write(setting.path("bank.crt"), params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(setting.path("bank.key"), key.serialize_pem()).unwrap();
    for command in ["party", "doctor"] {
        let ended = setting.member(command, "bank", &[]).end_within(SLACK);
        ended.refused(&setting, ExitCode::Configuration, &["bank.crt", "expired on 2024-02-01"]);
    }
}

#[test]
fn key_files_that_are_no_good() {
    let setting = Setting::new(2);
    let key = setting.path("bank.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let refused =
        |code, words: &[&str]| drop(setting.party("bank", &[]).end_within(SLACK).refused(&setting, code, words));
    refused(ExitCode::Configuration, &["bank.key", "other users", "chmod 600"]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::copy(setting.path("bureau.key"), &key).unwrap();
    refused(ExitCode::Configuration, &["bank.key", "not the one of the certificate"]);
    fs::write(&key, "no key").unwrap();
    refused(ExitCode::Configuration, &["bank.key", "no private key"]);
    fs::remove_file(&key).unwrap();
    refused(ExitCode::Storage, &["bank.key", "No such file"]);
}

#[test]
fn another_task_is_called_another_task() {
    let setting = Setting::new(2);
    let bank = setting.party("bank", &[]);
    let task = setting.path("other.toml");
    fs::write(&task, setting.text().replace("9999999", "9999998")).unwrap();
    let mut command = setting.command("party");
    command.arg(&task).args(["--me", "bureau", "--json", "--progress", "none"]);
    let bureau = crate::setting::Process::start("bureau", command);
    for (ended, other) in [(bank.end_within(SLACK), "bureau (127"), (bureau.end_within(SLACK), "bank (127")] {
        let words = [other, "the session parameters differs", "compare the task files"];
        let message = ended.refused(&setting, ExitCode::Configuration, &words);
        assert!(!message.contains("deviated"), "{message}");
    }
}
