// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Pushes to users and rooms from the command line, and follows a room. Prints one line of JSON an answer or event.
#include <client_tls.hpp>
#include <command_line.hpp>
#include <text_file.hpp>

#include <fanfare_push.grpc.pb.h>

#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace v1 = fanfare::push::v1;

namespace {

constexpr auto help = R"(grpc_push_client ADDRESS COMMAND [OPTIONS]

  notify USER TITLE MESSAGE     a notification for a user, kept in the user's inbox
  send USER TYPE [JSON]         a message of any type for a user's connected devices
  publish ROOM TYPE [JSON]      a message for the members of a room
  stream ROOM                   follows a room

  --admin-key KEY               the server's admin key
  --tls-ca FILE                 speak TLS: the server's certificate must lead to one of these (PEM), and name HOST
  --tls-cert FILE               our certificate, for a server with --tls-client-ca (PEM) ...
  --tls-key FILE                ... and its private key (PEM)
  --timeout SECONDS             the call's deadline (10 for a push, none for a stream)
  --data JSON                   notify: the notification's data
  --key KEY                     publish: the conflation key
  --idempotency-key KEY         notify, publish: a second one with this key is not sent
  --since EPOCH:OFFSET          stream: from this position in the room's history
  --last N                      stream: the newest N of the history first
  --count N                     stream: ends after so many messages
  --help                        show this

ADDRESS is HOST:PORT. A JSON of - is read from standard input. In what is printed 64-bit numbers are strings.
Exit: 0 if all went well, 1 if the call failed (the status is on standard error), 2 for a wrong command line.
)";

struct arguments {
    std::string address;
    std::string command;
    std::vector<std::string> words;
    std::string admin_key;
    std::optional<std::uint64_t> timeout;
    std::string data;
    std::string key;
    std::string idempotency_key;
    demo::client_tls_files tls;
    std::optional<v1::Position> since;
    std::uint32_t last = 0;
    std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
    bool only_help = false;
};

v1::Position read_position(const std::string& text)
{
    const auto colon = text.find(':');
    std::uint64_t offset = 0;
    const auto* end = text.data() + text.size();
    if (colon == std::string::npos || std::from_chars(text.data() + colon + 1, end, offset).ptr != end)
        throw std::invalid_argument("--since wants EPOCH:OFFSET, not '" + text + "'");
    v1::Position out;
    out.set_epoch(text.substr(0, colon));
    out.set_offset(offset);
    return out;
}

// The words that are no options, checked.
void assign_words(arguments& a, std::vector<std::string> words)
{
    if (words.size() < 2)
        throw std::invalid_argument("an address and a command are wanted; --help lists them");
    a.address = std::move(words[0]);
    a.command = std::move(words[1]);
    a.words.assign(words.begin() + 2, words.end());
    const auto count = a.words.size();
    const bool right = a.command == "notify"                           ? count == 3
                       : a.command == "send" || a.command == "publish" ? count == 2 || count == 3
                       : a.command == "stream"                         ? count == 1
                                                                       : false;
    if (!right)
        throw std::invalid_argument("no such command, or a wrong number of words after it: '" + a.command +
                                    "'; --help lists them");
}

arguments parse(int argc, char** argv)
{
    arguments a;
    std::vector<std::string> free_words;
    for (demo::command_line words{argc, argv}; !words.done();) {
        const auto option = words.option();
        if (demo::parse_client_tls("--tls", option, words, a.tls))
            continue;
        if (option == "--admin-key")
            a.admin_key = words.value();
        else if (option == "--timeout")
            a.timeout = words.number(1, 86'400);
        else if (option == "--data")
            a.data = words.value();
        else if (option == "--key")
            a.key = words.value();
        else if (option == "--idempotency-key")
            a.idempotency_key = words.value();
        else if (option == "--since")
            a.since = read_position(words.value());
        else if (option == "--last")
            a.last = static_cast<std::uint32_t>(words.number(1, std::numeric_limits<std::uint32_t>::max()));
        else if (option == "--count")
            a.count = words.number(1, a.count);
        else if (option == "--help")
            a.only_help = true;
        else if (option.starts_with("--"))
            words.unknown();
        else
            free_words.emplace_back(option);
    }
    demo::check_client_tls("--tls", a.tls);
    if (!a.only_help)
        assign_words(a, std::move(free_words));
    return a;
}

std::string_view name_of(grpc::StatusCode code)
{
    constexpr std::string_view names[] = {
        "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
        "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED"};
    const auto at = static_cast<std::size_t>(code);
    return at < std::size(names) ? names[at] : "UNKNOWN";
}

void print(const google::protobuf::Message& message)
{
    google::protobuf::util::JsonPrintOptions how;
    how.preserve_proto_field_names = true;
    how.always_print_primitive_fields = true;
    std::string line;
    if (const auto done = google::protobuf::util::MessageToJsonString(message, &line, how); !done.ok())
        throw std::runtime_error("cannot print the answer: " + done.ToString());
    std::cout << line << std::endl;
}

std::shared_ptr<grpc::ChannelCredentials> credentials(const demo::client_tls_files& files)
{
    if (files.ca.empty())
        return grpc::InsecureChannelCredentials();
#if defined(FANFARE_WITH_SSL)
    demo::client_tls(files); // gRPC would not say which file it cannot use, nor why
#endif
    grpc::SslCredentialsOptions with;
    with.pem_root_certs = demo::read_text(files.ca);
    if (!files.certificate.empty()) {
        with.pem_cert_chain = demo::read_text(files.certificate);
        with.pem_private_key = demo::read_text(files.key);
    }
    return grpc::SslCredentials(with);
}

class client {
public:
    explicit client(const arguments& a)
        : a_{a}, stub_{v1::PushService::NewStub(grpc::CreateChannel(a.address, credentials(a.tls)))}
    {}

    grpc::Status run() { return a_.command == "stream" ? stream() : a_.command == "publish" ? publish() : push(); }

private:
    std::string json() const
    {
        if (a_.words.size() < 3)
            return {};
        return a_.words[2] == "-" ? std::string{std::istreambuf_iterator<char>{std::cin}, {}} : a_.words[2];
    }

    void prepare(grpc::ClientContext& call, std::optional<std::uint64_t> seconds) const
    {
        if (!a_.admin_key.empty())
            call.AddMetadata("authorization", "Bearer " + a_.admin_key);
        if (seconds)
            call.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds{*seconds});
    }
    grpc::Status push()
    {
        v1::PushToUserRequest request;
        request.set_user_id(a_.words[0]);
        if (a_.command == "notify") {
            auto& what = *request.mutable_notification();
            what.set_title(a_.words[1]);
            what.set_message(a_.words[2]);
            what.set_data_json(a_.data);
            what.set_idempotency_key(a_.idempotency_key);
        } else {
            request.mutable_message()->set_type(a_.words[1]);
            request.mutable_message()->set_payload_json(json());
        }
        v1::PushToUserResponse response;
        grpc::ClientContext call;
        prepare(call, a_.timeout.value_or(10));
        const auto status = stub_->PushToUser(&call, request, &response);
        if (status.ok())
            print(response);
        return status;
    }
    grpc::Status publish()
    {
        v1::PublishToRoomRequest request;
        request.set_room(a_.words[0]);
        request.set_type(a_.words[1]);
        request.set_payload_json(json());
        request.set_key(a_.key);
        request.set_idempotency_key(a_.idempotency_key);
        v1::PublishToRoomResponse response;
        grpc::ClientContext call;
        prepare(call, a_.timeout.value_or(10));
        const auto status = stub_->PublishToRoom(&call, request, &response);
        if (status.ok())
            print(response);
        return status;
    }
    grpc::Status stream()
    {
        v1::StreamRoomRequest request;
        request.set_room(a_.words[0]);
        if (a_.since)
            *request.mutable_since() = *a_.since;
        if (a_.last != 0)
            request.set_last(a_.last);
        grpc::ClientContext call;
        prepare(call, a_.timeout);
        const auto reader = stub_->StreamRoom(&call, request);
        v1::RoomEvent event;
        for (auto left = a_.count; left != 0 && reader->Read(&event);) {
            print(event);
            if (event.has_published())
                --left;
            if (left == 0) {
                call.TryCancel();
                reader->Finish(); // CANCELLED, as expected
                return grpc::Status::OK;
            }
        }
        return reader->Finish();
    }

    const arguments& a_;
    std::unique_ptr<v1::PushService::Stub> stub_;
};

} // namespace

int main(int argc, char** argv)
try {
    const auto chosen = parse(argc, argv);
    if (chosen.only_help) {
        std::cout << help;
        return 0;
    }
    const auto status = client{chosen}.run();
    if (status.ok())
        return 0;
    std::cerr << name_of(status.error_code()) << ": " << status.error_message() << '\n';
    return 1;
} catch (const std::exception& e) {
    std::cerr << "grpc_push_client: " << e.what() << '\n';
    return 2;
}
