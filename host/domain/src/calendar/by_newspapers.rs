//! A second independent check: how many days off the press counted in a month, mostly after the ministry.

use jiff::civil::date;

use super::{Calendar, Week};

/// A year and month, whose week, the days off that were counted, and where.
const COUNTED: &[(i16, i8, Week, usize, &str)] = &[
    (
        2016,
        5,
        Week::FiveDay,
        12,
        "https://kt.kz/rus/society/v_mae_kazahstanci_otdohnut_12_dnej_s_uchetom_prazdnikov_i_vihodnih_1153619999.html",
    ),
    (2017, 1, Week::FiveDay, 11, "https://tengrinews.kz/kazakhstan_news/v-ianvare-kazaxstancy-otdoxnut-11-dnei-309154"),
    (2017, 5, Week::FiveDay, 11, "http://ng.kz/modules/news/article.php?storyid=26134"),
    (2018, 3, Week::FiveDay, 13, "https://inbusiness.kz/ru/last/skolko-dnej-otdohnut-kazahstancy-na-nauryz"),
    (
        2018,
        5,
        Week::FiveDay,
        11,
        "https://oldkaz.kyzylorda-news.kz/news/lifnews/20532-mamyr-ayynda-azastandytar-ansha-kn-demalady.html",
    ),
    (2018, 8, Week::FiveDay, 10, "https://mgorod.kz/news/kazaxstancy-v-avguste-otdoxnut-10-dnej"),
    (
        2019,
        3,
        Week::FiveDay,
        14,
        "https://new.zhalagash-zharshysy.kz/zanalyk/7473-azastandytar-nauryz-ayynda-neshe-kn-demalady.html",
    ),
    (2019, 7, Week::FiveDay, 9, "http://buqara.kz/post/shilde_ayynda_kazakstandyktar_kansha_kun_de"),
    (2019, 12, Week::FiveDay, 12, "https://qostanai.media/skolko-budut-otdyhat-kazahstancy-v-2019-godu/amp"),
    (2020, 5, Week::FiveDay, 13, "https://tolqyn.kz/kogam/13244-azastandytar-atarynan-trt-kn-demalady.html"),
    (2021, 3, Week::FiveDay, 12, "https://semey.city/novosti-kazakhstana/42234/"),
    (2021, 7, Week::FiveDay, 11, "https://mugalzhar.kz/?p=9324"),
    (
        2022,
        5,
        Week::FiveDay,
        12,
        "https://turantimes.kz/obschestvo/34138-skolko-dnej-otdohnut-kazahstancy-v-mae-2022-goda.html",
    ),
    (2023, 5, Week::FiveDay, 11, "https://el.kz/amp/mamyr-ayynda-qazaqstandyqtar-qansha-kun-demalady_72802"),
    (2023, 12, Week::FiveDay, 11, "https://golos-naroda.kz/23108-kak-otdokhnut-kazakhstantsy-v-dekabre-1700462322/"),
    (2025, 1, Week::FiveDay, 11, "https://kz.kursiv.media/2024-12-23/lsbs-vyhodnye"),
    (2025, 1, Week::SixDay, 7, "https://kz.kursiv.media/2024-12-23/lsbs-vyhodnye"),
    (2025, 11, Week::FiveDay, 10, "https://baq.kz/qarasha-ayynda-qazaqstandyqtar-neshe-kun-demalady-200025132/"),
    (2026, 1, Week::FiveDay, 12, "https://alau.kz/novyj-god-2026-utverzhdjon-oficialnyj-kalendar-vyhodnyh/"),
    (2026, 1, Week::SixDay, 7, "https://alau.kz/novyj-god-2026-utverzhdjon-oficialnyj-kalendar-vyhodnyh/"),
];

#[test]
fn days_off_are_as_many_as_were_counted_in_the_press() {
    let calendar = Calendar::kazakhstan().unwrap();
    for (year, month, week, off, source) in COUNTED {
        let days = calendar.known_on(*week, None);
        let first = date(*year, *month, 1);
        let found = days.days(first.yesterday().unwrap(), first.last_of_month()).filter(|day| !day.working).count();
        assert_eq!(found, *off, "{first} {week:?}, {source}");
    }
}

#[test]
fn the_year_2022_had_245_working_days_as_known_in_november_2021() {
    // https://www.lada.kz/another_news/96759-kak-otdohnut-kazahstancy-v-dekabre-i-yanvare.html, 19 November 2021
    let days = Calendar::kazakhstan().unwrap().known_on(Week::FiveDay, Some(date(2021, 11, 19)));
    assert_eq!(days.between(date(2021, 12, 31), date(2022, 12, 31)), 245);
}

#[test]
fn the_years_2019_and_2025_have_as_many_working_days_as_the_state_portal_counts() {
    // 2019: https://www.zakon.kz/amp/redaktsiia-zakonkz/4952587-skolko-dney-otdohnut-kazahstantsy-v.html has 119 days
    // off. Another paper (https://qostanai.media/skolko-budut-otdyhat-kazahstancy-v-2019-godu/amp) has 120: it counts
    // 10 May, and leaves 4 May, which was worked for it, among the days off. 2025:
    // https://pobipb.kz/kalendar-vyxodnyx-i-prazdnichnyx-dnej-na-2025-god
    let days = Calendar::kazakhstan().unwrap().known_on(Week::FiveDay, None);
    let working = |year: i16| days.between(date(year - 1, 12, 31), date(year, 12, 31));
    assert_eq!((365 - working(2019), working(2025)), (119, 246));
}
