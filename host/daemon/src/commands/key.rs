//! `qadam key`: works on the data folder; a running host sees the change within two seconds.

use qadam_monitor::access;

use crate::{
    cli::{Failure, Key, Role},
    keys::Keys,
    terminal::{note, say, table},
    wall_clock,
};

pub(crate) fn run(key: Key) -> Result<(), Failure> {
    match key {
        Key::New(new) => {
            let role = match new.role {
                Role::Provider => access::Role::Provider,
                Role::Operator => access::Role::Operator,
                Role::Monitor => access::Role::Monitor,
                Role::Auditor => access::Role::Auditor,
                Role::Lookup => access::Role::Lookup,
            };
            std::fs::create_dir_all(&new.folder.data)?;
            let (entry, key) = Keys::open(&new.folder.data)?.new_key(role, new.provider, wall_clock())?;
            note(format!("key {} is printed once and stored nowhere:", entry.id));
            say(key);
        }
        Key::List(folder) => {
            let mut rows = vec![vec!["ID".to_owned(), "ROLE".into(), "PROVIDER".into(), "MADE".into()]];
            for entry in Keys::open(&folder.data)?.list()? {
                rows.push(vec![
                    entry.id,
                    entry.role.name().to_owned(),
                    entry.provider.map_or_else(String::new, |p| p.to_string()),
                    entry.created_at,
                ]);
            }
            table(&rows).into_iter().for_each(say);
        }
        Key::Revoke(revoke) => {
            Keys::open(&revoke.folder.data)?.revoke(&revoke.id)?;
            note(format!("key {} is revoked", revoke.id));
        }
    }
    Ok(())
}
