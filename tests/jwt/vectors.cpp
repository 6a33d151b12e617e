// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// What the RFCs have signed.
#include <fanfare/auth/jwt_verifier.hpp>
#include <fanfare/detail/jwt/jws.hpp>
#include <fanfare/detail/jwt/key_set.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using namespace fanfare;
using namespace fanfare::detail;

namespace {

// What the examples of RFC 7515 say; it expired in 2011.
const std::string joe =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
// What those of RFC 7520 say: a sentence of a novel.
const std::string bilbo = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXA"
                          "gb250byB0aGUgcm9hZCwgYW5k"
                          "IGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h"
                          "0IGJlIHN3ZXB0IG9mZiB0by4";

const std::string rfc7515_oct =
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";
const std::string rfc7515_rsa =
    R"({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJP)"
    R"(MEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs)"
    R"(LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8)"
    R"(q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})";
const std::string rfc7515_p256 = R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                 R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
const std::string rfc7515_p521 =
    R"({"kty":"EC","crv":"P-521","x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxc)"
    R"(WceqwQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})";
const std::string rfc8037_ed25519 =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
const std::string rfc7520_rsa =
    R"({"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","n":"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEH)"
    R"(Ld4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBo)"
    R"(rdaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vni)"
    R"(UFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw","e":"AQAB"})";
const std::string rfc7520_p521 =
    R"({"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521","x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U8)"
    R"(8c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt","y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHira)"
    R"(VySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"})";
const std::string rfc7520_oct =
    R"({"kty":"oct","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037","use":"sig","alg":"HS256",)"
    R"("k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"})";

// Whether the signature is good, and is not when any of its characters is another one.
void check_vector(const std::string& key, const std::string& token, jwt_algorithm algorithm)
{
    const auto keys = parse_jwks(R"({"keys":[)" + key + "]}");
    const auto read = parse_jws(token);
    REQUIRE(read.has_value());
    CHECK(read->algorithm == algorithm);
    CHECK_FALSE(keys->check(*read));
    for (std::size_t i = 0; i != read->signature.size(); ++i) {
        auto other = *read;
        other.signature[i] = static_cast<char>(other.signature[i] ^ 1);
        CHECK(keys->check(other) == jwt_error::bad_signature);
    }
    auto other = *read;
    const auto input = std::string{read->input} + "x";
    other.input = input;
    CHECK(keys->check(other) == jwt_error::bad_signature);
}

} // namespace

TEST_CASE("what RFC 7515 has signed with HS256, RS256, ES256 and ES512 is taken", "[jwt]")
{
    check_vector(rfc7515_oct, // appendix A.1
                 "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + joe +
                     ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                 jwt_algorithm::hs256);
    check_vector(
        rfc7515_rsa, // appendix A.2
        "eyJhbGciOiJSUzI1NiJ9." + joe +
            ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds"
            "9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRm"
            "B_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98r"
            "qVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        jwt_algorithm::rs256);
    check_vector(rfc7515_p256, // appendix A.3
                 "eyJhbGciOiJFUzI1NiJ9." + joe +
                     ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
                 jwt_algorithm::es256);
    check_vector(
        rfc7515_p521, // appendix A.4
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-"
        "KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_"
        "Jn",
        jwt_algorithm::es512);
}

TEST_CASE("what RFC 8037 has signed with Ed25519 is taken", "[jwt]")
{
    check_vector(rfc8037_ed25519, // appendix A.4
                 "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
                 "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
                 jwt_algorithm::eddsa);
}

TEST_CASE("what RFC 7520 has signed with PS384, ES512 and HS256 is taken", "[jwt]")
{
    check_vector(
        rfc7520_rsa, // section 4.2
        "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + bilbo +
            ".cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDIt"
            "llVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz"
            "0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho"
            "0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw",
        jwt_algorithm::ps384);
    check_vector(
        rfc7520_p521, // section 4.3
        "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + bilbo +
            ".AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_"
            "sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2",
        jwt_algorithm::es512);
    check_vector(rfc7520_oct, // section 4.4
                 "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9." + bilbo +
                     ".s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0",
                 jwt_algorithm::hs256);
}

TEST_CASE("the claims of RFC 7515's example are read, and its time has passed", "[jwt]")
{
    const auto token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + joe + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const jwt_verifier verifier{jwt_keys::jwks(R"({"keys":[)" + rfc7515_oct + "]}"), {.issuers = {"joe"}}};
    CHECK(verifier.verify(token).error() == jwt_error::expired);
    using std::chrono::seconds;
    const jwt_verifier::time_point end{seconds{1300819380}};
    const auto claims = verifier.verify(token, end);
    REQUIRE(claims.has_value());
    CHECK(claims->issuer == "joe");
    CHECK(claims->expires_at == end);
    CHECK(claims->all.at("http://example.com/is_root").as_bool());
    CHECK(verifier.verify(token, end + seconds{29}).has_value());
    CHECK(verifier.verify(token, end + seconds{30}).error() == jwt_error::expired);
}
