//! The four e-services of the Zhambyl region (Regulation 56 of 04.03.2013). The names are those of the regulation; which
//! form code of the education system means which guardianship service is inferred from the words of the codes.

/// A service's name by its code, as the regulation has it.
pub(crate) fn name(code: &str) -> Option<&'static str> {
    SERVICES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

const SERVICES: [(&str, &str); 4] = [
    (
        "REQUEST_FORM_DOC_QUEVED_DDO",
        "Постановка на очередь детей дошкольного возраста (до 7 лет) для направления в детские дошкольные организации",
    ),
    ("REQUEST_FORM_CHILDREN_TURN", "Выдача справок по опеке и попечительству"),
    (
        "REQUEST_FORM_CHILDREN_DISPOSABLE",
        "Выдача справок в пенсионные фонды, банки для распоряжения вкладами несовершеннолетних детей, в территориальные \
         подразделения Комитета дорожной полиции Министерства внутренних дел Республики Казахстан для оформления наследства \
         несовершеннолетним детям",
    ),
    (
        "REQUEST_FORM_CHILDREN_PROPERTY",
        "Выдача справок органов, осуществляющих функции по опеке или попечительству для оформления сделок с имуществом, \
         принадлежащим на праве собственности несовершеннолетним детям",
    ),
];
