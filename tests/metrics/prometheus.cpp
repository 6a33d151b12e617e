// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The pages that Prometheus reads, letter by letter.
#include "support/catch.hpp"

#include <fanfare/metrics/prometheus.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace fanfare;

namespace {

constexpr auto open_metrics = prometheus_format::openmetrics;
constexpr metric orders{"shop_orders", "Orders that were paid."};
constexpr metric sent{"shop_sent_bytes", "What was sent.", "bytes"};
constexpr metric heat{"shop_heat_celsius", "How warm it is."};
constexpr metric waits{"shop_wait_seconds", "How long it took.", "seconds"};

// The one value of a gauge, as it is written.
std::string number(double value)
{
    prometheus_text page;
    page.gauge({"x", "h"}, {}, value);
    const auto text = page.text();
    const auto at = text.rfind("\nx ") + 3;
    return text.substr(at, text.size() - at - 1);
}

// The one label of a gauge, as it is written.
std::string label(std::string_view value)
{
    prometheus_text page;
    const metric_label one[]{{"l", value}};
    page.gauge({"x", "h"}, one, 1);
    const auto text = page.text();
    const auto at = text.find("{l=\"") + 4;
    return text.substr(at, text.rfind('"') - at);
}

std::string histogram_page(prometheus_format format)
{
    prometheus_text page{format};
    const std::array<double, 4> bounds{0.0001, 0.025, 1, 2.5};
    const std::array<std::uint64_t, 5> counts{1, 0, 2, 0, 4};
    const metric_label labels[]{{"queue", "fast"}};
    page.histogram(waits, labels, {.bounds = bounds, .counts = counts, .count = 7, .sum = 40.5});
    return page.text();
}

} // namespace

TEST_CASE("the text format names a counter by its samples, and tells HELP and TYPE once")
{
    prometheus_text page;
    const metric_label card[]{{"by", "card"}};
    const metric_label cash[]{{"by", "cash"}, {"shop", "1"}};
    page.counter(orders, card, 3);
    page.counter(orders, cash, std::numeric_limits<std::uint64_t>::max());
    page.counter(sent, {}, 0);
    page.gauge(heat, {}, -1.5);
    CHECK(page.text() == "# HELP shop_orders_total Orders that were paid.\n"
                         "# TYPE shop_orders_total counter\n"
                         "shop_orders_total{by=\"card\"} 3\n"
                         "shop_orders_total{by=\"cash\",shop=\"1\"} 18446744073709551615\n"
                         "# HELP shop_sent_bytes_total What was sent.\n"
                         "# TYPE shop_sent_bytes_total counter\n"
                         "shop_sent_bytes_total 0\n"
                         "# HELP shop_heat_celsius How warm it is.\n"
                         "# TYPE shop_heat_celsius gauge\n"
                         "shop_heat_celsius -1.5\n");
    CHECK(page.content_type() == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(prometheus_text{}.text().empty());
}

TEST_CASE("OpenMetrics names a counter without _total, tells units, and ends")
{
    prometheus_text page{open_metrics};
    page.counter(sent, {}, 7);
    page.gauge(heat, {}, 20);
    CHECK(page.text() == "# TYPE shop_sent_bytes counter\n"
                         "# UNIT shop_sent_bytes bytes\n"
                         "# HELP shop_sent_bytes What was sent.\n"
                         "shop_sent_bytes_total 7\n"
                         "# TYPE shop_heat_celsius gauge\n"
                         "# HELP shop_heat_celsius How warm it is.\n"
                         "shop_heat_celsius 20\n"
                         "# EOF\n");
    CHECK(page.content_type() == "application/openmetrics-text; version=1.0.0; charset=utf-8");
    CHECK(prometheus_text{open_metrics}.text() == "# EOF\n");
}

TEST_CASE("a histogram's buckets are cumulative, up to all that there is")
{
    CHECK(histogram_page(prometheus_format::text) == "# HELP shop_wait_seconds How long it took.\n"
                                                     "# TYPE shop_wait_seconds histogram\n"
                                                     "shop_wait_seconds_bucket{queue=\"fast\",le=\"0.0001\"} 1\n"
                                                     "shop_wait_seconds_bucket{queue=\"fast\",le=\"0.025\"} 1\n"
                                                     "shop_wait_seconds_bucket{queue=\"fast\",le=\"1\"} 3\n"
                                                     "shop_wait_seconds_bucket{queue=\"fast\",le=\"2.5\"} 3\n"
                                                     "shop_wait_seconds_bucket{queue=\"fast\",le=\"+Inf\"} 7\n"
                                                     "shop_wait_seconds_sum{queue=\"fast\"} 40.5\n"
                                                     "shop_wait_seconds_count{queue=\"fast\"} 7\n");
    CHECK(histogram_page(open_metrics) == "# TYPE shop_wait_seconds histogram\n"
                                          "# UNIT shop_wait_seconds seconds\n"
                                          "# HELP shop_wait_seconds How long it took.\n"
                                          "shop_wait_seconds_bucket{queue=\"fast\",le=\"0.0001\"} 1\n"
                                          "shop_wait_seconds_bucket{queue=\"fast\",le=\"0.025\"} 1\n"
                                          "shop_wait_seconds_bucket{queue=\"fast\",le=\"1.0\"} 3\n"
                                          "shop_wait_seconds_bucket{queue=\"fast\",le=\"2.5\"} 3\n"
                                          "shop_wait_seconds_bucket{queue=\"fast\",le=\"+Inf\"} 7\n"
                                          "shop_wait_seconds_sum{queue=\"fast\"} 40.5\n"
                                          "shop_wait_seconds_count{queue=\"fast\"} 7\n"
                                          "# EOF\n");
}

TEST_CASE("what belongs to one metric stands together, in whatever order it comes")
{
    prometheus_text page;
    const metric_label card[]{{"by", "card"}};
    const metric_label cash[]{{"by", "cash"}};
    page.counter(orders, card, 1);
    page.gauge(heat, {}, 2);
    page.counter(orders, cash, 3);
    CHECK(page.text() == "# HELP shop_orders_total Orders that were paid.\n"
                         "# TYPE shop_orders_total counter\n"
                         "shop_orders_total{by=\"card\"} 1\n"
                         "shop_orders_total{by=\"cash\"} 3\n"
                         "# HELP shop_heat_celsius How warm it is.\n"
                         "# TYPE shop_heat_celsius gauge\n"
                         "shop_heat_celsius 2\n");
}

TEST_CASE("labels and help are escaped, and what is not UTF-8 is replaced")
{
    CHECK(label("").empty());
    CHECK(label(R"(a\b"c)") == R"(a\\b\"c)");
    CHECK(label("a\nb") == R"(a\nb)");
    CHECK(label("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x8E\xBA") ==
          "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x8E\xBA");
    const std::string instead = "\xEF\xBF\xBD";
    CHECK(label("\xFF") == instead);
    CHECK(label("a\xC3") == "a" + instead);                             // cut
    CHECK(label("\xC3\"}") == instead + "\\\"}");                       // what follows is looked at
    CHECK(label("\xED\xA0\x80.") == instead + instead + instead + "."); // a surrogate
    CHECK(label("\xC0\xAF\xF5") == instead + instead + instead);        // overlong, and above U+10FFFF
    const metric strange{"x", "a \\ \"b\"\nc \xFF"};
    prometheus_text page;
    page.gauge(strange, {}, 1);
    CHECK(page.text() == "# HELP x a \\\\ \"b\"\\nc " + instead + "\n# TYPE x gauge\nx 1\n");
    prometheus_text other{open_metrics};
    other.gauge(strange, {}, 1);
    CHECK(other.text() == "# TYPE x gauge\n# HELP x a \\\\ \\\"b\\\"\\nc " + instead + "\nx 1\n# EOF\n");
}

TEST_CASE("a number is written in the least digits that give it again")
{
    const auto inf = std::numeric_limits<double>::infinity();
    CHECK(number(0) == "0");
    CHECK(number(-0.0) == "-0");
    CHECK(number(0.1) == "0.1");
    CHECK(number(0.1 + 0.2) == "0.30000000000000004");
    CHECK(number(1234567) == "1234567");
    CHECK(number(100000) == "100000");
    CHECK(number(1e6) == "1e+06");
    CHECK(number(0.0001) == "0.0001");
    CHECK(number(1e-5) == "1e-05");
    CHECK(number(-2.5) == "-2.5");
    CHECK(number(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
    CHECK(number(std::numeric_limits<double>::denorm_min()) == "5e-324");
    CHECK(number(inf) == "+Inf");
    CHECK(number(-inf) == "-Inf");
    CHECK(number(std::nan("")) == "NaN");
}

TEST_CASE("what would make Prometheus refuse the page is refused, by the metric's name")
{
    prometheus_text page;
    const auto gauge = [&page](const metric& which) { page.gauge(which, {}, 1); };
    for (const auto* name : {"", "1a", "a b", "a-b", "a\n", "\xC3\xBC", "a_total"}) {
        INFO(name);
        CHECK_THROWS_AS(gauge({name, "h"}), std::invalid_argument);
        CHECK_THROWS_AS(page.counter({name, "h"}, {}, 1), std::invalid_argument);
    }
    CHECK_THROWS_AS(gauge({"shop_wait", "h", "seconds"}), std::invalid_argument);
    for (const auto* name : {"", "1a", "a b", "a:b", "\xC3\xBC"}) {
        INFO(name);
        const metric_label one[]{{name, "v"}};
        CHECK_THROWS_AS(page.gauge({"x", "h"}, one, 1), std::invalid_argument);
    }
    const metric_label twice[]{{"a", "1"}, {"b", "2"}, {"a", "3"}};
    CHECK_THROWS_AS(page.counter({"x", "h"}, twice, 1), std::invalid_argument);
    const metric_label le[]{{"le", "1"}};
    const std::array<double, 1> bounds{1};
    const std::array<std::uint64_t, 2> counts{};
    const histogram_value good{.bounds = bounds, .counts = counts};
    CHECK_THROWS_AS(page.histogram(waits, le, good), std::invalid_argument);
    CHECK_THROWS_AS(page.histogram(waits, {}, {.bounds = {}, .counts = counts}), std::invalid_argument);
    CHECK(page.text().empty()); // nothing of these is there
    gauge({"ns:x", "h"});
    try {
        page.counter({"ns:x", "h"}, {}, 1);
        FAIL("one name for two kinds");
    } catch (const std::invalid_argument& e) {
        CHECK(std::string{e.what()}.find("\"ns:x\" is of two kinds") != std::string::npos);
    }
}

TEST_CASE("the format is the one that Accept prefers")
{
    // What Prometheus 2.42 and 3 send, with and without protobuf.
    CHECK(prometheus_format_for("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                                "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == open_metrics);
    CHECK(prometheus_format_for("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                                "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
                                "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2") ==
          open_metrics);
    CHECK(prometheus_format_for("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                                "encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,"
                                "application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,"
                                "*/*;q=0.1") == open_metrics);
    for (const auto* accept :
         {"application/openmetrics-text", "Application/OpenMetrics-Text ; Version=\"1.0.0\"", "application/*",
          "application/openmetrics-text; version=0.0.1", "text/html, application/openmetrics-text;q=0.001",
          "text/plain;q=0.5, */*", ", application/openmetrics-text;; charset=utf-8 ,,",
          "text/plain;version=1.0.0, application/openmetrics-text;q=0.1"}) {
        INFO(accept);
        CHECK(prometheus_format_for(accept) == open_metrics);
    }
    for (const auto* accept :
         {"", "*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/plain", "text/*",
          "text/plain, application/openmetrics-text", "application/openmetrics-text;q=0", "application/json",
          "application/openmetrics-text;version=2.0.0", "application/openmetrics-text;q=0.5, */*",
          "application/openmetrics-text;version=1.0.0;q=0.1, */*;q=0.9, application/openmetrics-text"}) {
        INFO(accept);
        CHECK(prometheus_format_for(accept) == prometheus_format::text);
    }
}

TEST_CASE("a malformed Accept means the text format")
{
    const std::string wanted = "application/openmetrics-text";
    for (const auto* rest :
         {";q", ";q=", ";q=2", ";q=1.001", ";q=0.0001", ";q=-1", ";q=x", ";q=01", ";version", ";=1",
          ";version=\"1.0.0", " text/plain;q=0.1", "/x", "; q=0.5 x", ",text", ",/", ",text/", ",(comment)"}) {
        INFO(rest);
        CHECK(prometheus_format_for(wanted + rest) == prometheus_format::text);
    }
    CHECK(prometheus_format_for(wanted + ";q=1.000") == open_metrics);
    CHECK(prometheus_format_for(wanted + ";q=0.") == prometheus_format::text); // valid, and not wanted
}
