//! Documents of any content.

use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;
use qadam_delivery::shep::{
    Blame, Body, DeliveryNotification, ErrorInfo, Fault, GetMessageStatus, GetMessageStatusResponse, GetMessages,
    GetMessagesResponse, Info, Message, Moment, Operation, Password, Property, SendDeliveryNotification,
    SendDeliveryNotificationResponse, SendMessage, SendMessageResponse, Sender, State, Status,
};

/// Text without white space around it, which is not kept, with all that needs escaping.
fn text() -> impl Strategy<Value = String> {
    "[a-zа-яәғқңөұүһі0-9<>&'\"{}\\]-]([ -~а-яӘҒҚ\n\t\r]{0,30}[a-zа-я0-9<>&'\"\\]])?"
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    prop::option::of(text())
}

fn moment() -> impl Strategy<Value = Moment> {
    (0_i64..4_000_000_000_000, prop::sample::select(vec!["Asia/Almaty", "Asia/Qyzylorda", "UTC"])).prop_map(
        |(millis, zone)| Moment::of(Timestamp::from_millisecond(millis).unwrap(), &TimeZone::get(zone).unwrap()),
    )
}

fn sender() -> impl Strategy<Value = Sender> {
    (text(), maybe()).prop_map(|(id, password)| Sender { id, password: password.map(Password::new) })
}

fn properties() -> impl Strategy<Value = Vec<Property>> {
    prop::collection::vec((text(), text()).prop_map(|(key, value)| Property { key, value }), 0..4)
}

pub(crate) fn error() -> impl Strategy<Value = ErrorInfo> {
    let one = (text(), text(), maybe(), moment(), maybe()).prop_map(|(code, message, data, at, session_id)| {
        ErrorInfo { code, message, data, at, cause: None, session_id }
    });
    prop::collection::vec(one, 1..5).prop_map(|errors| {
        let mut errors = errors.into_iter();
        let innermost = errors.next().unwrap();
        errors.fold(innermost, |cause, error| error.because(cause))
    })
}

fn message() -> impl Strategy<Value = Message> {
    let ids = (maybe(), maybe(), text(), text(), maybe());
    let rest = (moment(), sender(), properties(), maybe(), prop::collection::vec(any::<u8>(), 0..200));
    (ids, rest).prop_map(|(ids, (at, sender, properties, session_id, payload))| {
        let (message_id, correlation_id, service_id, kind, route_id) = ids;
        let info = Info { message_id, correlation_id, service_id, kind, route_id, at, sender, properties, session_id };
        Message { info, payload }
    })
}

fn notification() -> impl Strategy<Value = DeliveryNotification> {
    (text(), text(), moment(), text(), moment(), text(), prop::option::of(error())).prop_map(
        |(message_id, service_id, at, receive_status, since, resend, error)| DeliveryNotification {
            message_id,
            service_id,
            at,
            receive_status,
            since,
            resend,
            error,
        },
    )
}

fn fault() -> impl Strategy<Value = Fault> {
    use Operation::{GetMessageStatus, GetMessages, SendDeliveryNotification, SendMessage};
    let operations = vec![SendMessage, GetMessages, GetMessageStatus, SendDeliveryNotification];
    let blame = prop_oneof![
        Just(Blame::Client),
        Just(Blame::Server),
        prop::sample::select(vec!["MustUnderstand", "VersionMismatch"]).prop_map(|code| Blame::Other(code.to_owned())),
    ];
    let detail = prop::option::of((prop::option::of(prop::sample::select(operations)), error()));
    (blame, text(), detail).prop_map(|(blame, words, detail)| {
        let (operation, info) = detail.map_or((None, None), |(operation, info)| (operation, Some(info)));
        Fault { blame, words, operation, info }
    })
}

/// Any document of the channel.
pub(crate) fn body() -> impl Strategy<Value = Body> {
    let ids = || (text(), text(), moment(), maybe());
    prop_oneof![
        message().prop_map(|message| Body::SendMessage(SendMessage(message))),
        ids().prop_map(|(message_id, correlation_id, at, session_id)| {
            Body::SendMessageResponse(SendMessageResponse { message_id, correlation_id, at, session_id })
        }),
        (
            maybe(),
            maybe(),
            prop::option::of(moment()),
            text(),
            prop::option::of(sender()),
            any::<Option<i32>>(),
            properties()
        )
            .prop_map(|(message_id, correlation_id, at, service_id, sender, amount, properties)| {
                Body::GetMessages(GetMessages {
                    message_id,
                    correlation_id,
                    at,
                    service_id,
                    sender,
                    amount,
                    properties,
                })
            }),
        (moment(), text(), prop::collection::vec(message(), 0..3)).prop_map(|(at, session_id, messages)| {
            Body::GetMessagesResponse(GetMessagesResponse { at, session_id, messages })
        }),
        (text(), moment(), sender(), properties()).prop_map(|(message_id, at, sender, properties)| {
            Body::GetMessageStatus(GetMessageStatus { message_id, at, sender, properties })
        }),
        (prop::sample::select(State::ALL.to_vec()), ids(), moment()).prop_map(|(state, status, at)| {
            let (code, message, since, session_id) = status;
            let status = Status { code, message, at: since };
            Body::GetMessageStatusResponse(GetMessageStatusResponse { state, status, at, session_id })
        }),
        (notification(), moment(), prop::option::of(sender())).prop_map(|(notification, at, sender)| {
            Body::SendDeliveryNotification(SendDeliveryNotification { notification, at, sender })
        }),
        (text(), moment(), text()).prop_map(|(notification_id, at, session_id)| {
            Body::SendDeliveryNotificationResponse(SendDeliveryNotificationResponse { notification_id, at, session_id })
        }),
        fault().prop_map(Body::Fault),
    ]
}
