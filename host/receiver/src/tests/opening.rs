use std::fs;

use super::*;
use crate::OpenError;

fn list(folder: &Path) -> std::path::PathBuf {
    folder.join("data/effects.jsonl")
}

#[test]
fn wherever_the_list_ends_after_a_power_cut_it_is_made_whole_from_the_files() {
    let (folder, mut sender) = (tempfile::tempdir().unwrap(), Sender::new());
    let receiver = open(folder.path());
    let messages: Vec<_> = (0..5).map(|_| sender.message(3)).collect();
    for message in &messages {
        answers(&receiver, &part(message, 0..2));
        answers(&receiver, message);
    }
    receiver.take(&sender.stamp(&messages[0])).unwrap();
    let (before, lanes): (Vec<_>, _) = (effects(&receiver).into_iter().map(|(id, _)| id).collect(), receiver.lanes());
    drop(receiver);
    let whole = fs::read(list(folder.path())).unwrap();
    for cut in (0..whole.len()).step_by(37).chain([whole.len()]) {
        fs::write(list(folder.path()), &whole[..cut]).unwrap();
        let receiver = open(folder.path());
        let after: Vec<_> = effects(&receiver).into_iter().map(|(id, _)| id).collect();
        assert_eq!((after, receiver.lanes()), (before.clone(), lanes.clone()), "cut at {cut}");
    }
    // A page that never got to the disk, in the middle.
    let mut holed = whole.clone();
    let from = whole.len() / 2;
    holed[from..from + 100].fill(0);
    fs::write(list(folder.path()), &holed).unwrap();
    assert_eq!(effects(&open(folder.path())).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), before);
}

#[test]
fn a_line_whose_file_never_got_its_place_is_taken_back() {
    let (folder, mut sender) = (tempfile::tempdir().unwrap(), Sender::new());
    let receiver = open(folder.path());
    let (first, second) = (sender.message(2), sender.message(2));
    answers(&receiver, &first);
    answers(&receiver, &second);
    drop(receiver);
    fs::remove_file(folder.path().join("data/messages/000000/000000002-monitoring-permits-2.json")).unwrap();
    let receiver = open(folder.path());
    assert_eq!(effects(&receiver).len(), 2);
    assert_eq!(answers(&receiver, &second), [Answer::Accepted, Answer::Accepted]);
    drop(receiver);
    assert_eq!(effects(&open(folder.path())).len(), 4);
}

#[test]
fn files_that_were_being_written_are_gone_after_a_start() {
    let (folder, mut sender) = (tempfile::tempdir().unwrap(), Sender::new());
    drop(open(folder.path()));
    fs::write(folder.path().join("data/new/0"), "half a mess").unwrap();
    let receiver = open(folder.path());
    answers(&receiver, &sender.message(1));
    assert_eq!(fs::read_dir(folder.path().join("data/new")).unwrap().count(), 0);
}

#[test]
fn a_folder_has_one_receiver_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = open(folder.path());
    assert!(matches!(Receiver::open(options(folder.path())), Err(OpenError::InUse(_))));
    drop(receiver);
    open(folder.path());
}
