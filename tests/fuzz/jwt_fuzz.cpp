// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
//
// libFuzzer target for tokens from clients. The first byte of the input says what the rest is: the text of a token; or
// the header and the claims, a line each, of a token that is signed here with a secret that the verifier knows, so that
// what is behind the signature is reached.
#include "require.hpp"

#include <fanfare/auth/jwt.hpp>

#include <cstdint>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <set>
#include <string>
#include <string_view>

namespace {

using namespace fanfare;
using test::require;

const std::string secret(32, 's');

std::string base64url(std::string_view bytes)
{
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    out.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                                        reinterpret_cast<const unsigned char*>(bytes.data()),
                                                        static_cast<int>(bytes.size()))));
    out.resize(out.find_last_not_of('=') + 1);
    for (auto& c : out)
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out;
}

std::string signed_by_us(std::string_view header, std::string_view claims)
{
    const auto input = base64url(header) + "." + base64url(claims);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, &size);
    return input + "." + base64url({reinterpret_cast<const char*>(mac), size});
}

// The keys of RFC 7515 appendix A.3 and RFC 8037 appendix A.2, and our secret under a name.
const jwt_keys& keys()
{
    static const auto all = jwt_keys::jwks(
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LN)"
        R"(pXW6pCyStikYjKIWI5a0","kid":"p"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","k)"
        R"(id":"e"},{"kty":"oct","k":")" +
        base64url(secret) + R"(","kid":"s"}]})");
    return all;
}

// A time before the end of the vectors' tokens, so that they can be good.
constexpr jwt_verifier::time_point now{std::chrono::seconds{1300819000}};

void check_identity(const jwt_verifier& verifier, const jwt_claims& claims)
{
    const auto who = verifier.identify(claims);
    if (!who) {
        require(who.error().category() == jwt_error_category(), "a refusal is one of ours");
        return;
    }
    require(!who->user_id.empty(), "nobody is let in without a name");
    require(who->rooms.size() <= verifier.options().max_rooms, "rooms have a limit");
    require(who->expires_at && *who->expires_at > now, "who is let in has not expired");
    for (const auto& room : who->rooms)
        require(!room.starts_with("user:") || room == "user:" + who->user_id, "nobody gets another's room");
}

// True if it is taken.
bool check(const jwt_verifier& verifier, const std::string& text)
{
    const auto checked = verifier.verify(text, now);
    if (!checked) {
        require(checked.error().category() == jwt_error_category(), "a refusal is one of ours");
        require(checked.error().message().find('\0') == std::string::npos, "its message is text");
        return false;
    }
    require(checked->expires_at && *checked->expires_at > now - std::chrono::seconds{30}, "it has not expired");
    check_identity(verifier, *checked);
    return true;
}

// What is taken has been signed by whom the keys are of, letter by letter: by the RFC, or by us.
void check_text(const jwt_verifier& verifier, const std::string& text)
{
    static const std::set<std::string> known{
        "eyJhbGciOiJFUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"};
    if (!check(verifier, text) || known.count(text) != 0)
        return;
    const auto input = text.substr(0, text.rfind('.'));
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, &size);
    require(text == input + "." + base64url({reinterpret_cast<const char*>(mac), size}), "no token is forged");
}

void check_handshake(const std::string& text)
{
    static const jwt_authenticator tokens{keys(), {.query = "token"}};
    int answers = 0;
    const auto answered = [&](auth_result result) {
        ++answers;
        require(result || (result.why().status >= 400 && result.why().status < 500),
                "a refusal is the client's fault");
        require(!result || (!result.who().user_id.empty() && result.who().expires_at),
                "who is let in has a name and an end");
        if (!result && text.size() > 20)
            require(result.why().message.find(text) == std::string::npos, "a refusal does not repeat the token");
    };
    const any_authenticator ask{tokens};
    ask(handshake_request{"GET", "/?token=" + text, {}, "192.0.2.1"}, answered);
    ask(handshake_request{"GET", "/", {{"Authorization", "Bearer " + text}}, "192.0.2.1"}, answered);
    ask(handshake_request{"GET", "/", {{"Cookie", "fanfare_token=" + text}}, "192.0.2.1"}, answered);
    ask(handshake_request{"GET", "/", {{"Sec-WebSocket-Protocol", "fanfare.token." + text}}, "192.0.2.1"},
        answered);
    require(answers == 4, "there is one answer each");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const jwt_verifier verifier{keys(), {.ignore_audience = true}};
    if (size == 0)
        return 0;
    const std::string text{reinterpret_cast<const char*>(data) + 1, size - 1};
    if (data[0] % 2 == 0) {
        check_text(verifier, text);
        check_handshake(text);
        return 0;
    }
    const auto line = text.find('\n');
    const auto header = line == std::string::npos ? R"({"alg":"HS256"})" : text.substr(0, line);
    const auto token = signed_by_us(header, line == std::string::npos ? text : text.substr(line + 1));
    check(verifier, token);
    require(!check(verifier, token + "A"), "a token that was prolonged is not taken");
    require(!check(verifier, token.substr(0, token.size() - 1)), "a token that was cut is not taken");
    return 0;
}
