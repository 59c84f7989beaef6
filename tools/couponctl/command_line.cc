#include "tools/couponctl/command_line.h"

#include <signal.h>

#include <cstdio>
#include <map>

#include "tools/couponctl/message_text.h"

namespace tessera::couponctl {
namespace {

constexpr char kFooter[] =
    "Exit codes: 0 done; 1 refused, or not redeemable; 2 a mistake in the command line, a file or a field; 3 "
    "nobody answered or not\n"
    "now, so the same may be tried again, a change with its --request-id; 4 the token is unknown or its "
    "roles don't allow it; 5 a fault.";

void AddSettings(CLI::App& app, Settings& settings) {
  app.add_option("--issuer", settings.issuer, "The issuer's address")
      ->envname("COUPON_ISSUER")
      ->capture_default_str();
  app.add_option("--redeemer", settings.redeemer, "The redeemer's address")
      ->envname("COUPON_REDEEMER")
      ->capture_default_str();
  app.add_option("--analytics", settings.analytics, "Analytics' address")
      ->envname("COUPON_ANALYTICS")
      ->capture_default_str();
  // A token among the arguments would stand in everybody's list of processes.
  app.add_option(
         "--token-file", settings.token_file,
         "File with the bearer token; without it the token is COUPON_TOKEN of the environment, or none")
      ->envname("COUPON_TOKEN_FILE");
  app.add_option("--timeout", settings.timeout_s, "Seconds for each call")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  app.add_option("-o,--output", settings.format, "table, json or yaml")
      ->envname("COUPON_OUTPUT")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Format>{{"table", Format::kTable},
                                                                        {"json", Format::kJson},
                                                                        {"yaml", Format::kYaml}})
                      .description(""))
      ->type_name("FORMAT");
}

int Fail(const Settings& settings, const CallFailed& failure) {
  std::fputs((settings.format == Format::kTable ? failure.Text() : failure.Json()).c_str(), stderr);
  return failure.exit_code();
}

int Fail(ExitCode code, const char* what) {
  std::fprintf(stderr, "couponctl: %s\n", what);
  return code;
}

}  // namespace

CLI::Validator EnumWords(const google::protobuf::EnumDescriptor& type) {
  const auto plain = [](const std::string& word) { return CLI::ignore_underscore(CLI::ignore_case(word)); };
  std::map<std::string, std::string> numbers;
  std::string names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0) continue;
    const std::string word = Word(type, type.value(i)->number());
    numbers[plain(word)] = std::to_string(type.value(i)->number());
    names += (names.empty() ? "" : ", ") + word;
  }
  const auto look_up = [plain, numbers, names](std::string& text) {
    const auto found = numbers.find(plain(text));
    if (found == numbers.end()) return text + " is none of " + names;
    text = found->second;
    return std::string();
  };
  return CLI::Validator(look_up, std::string(kOneOf) + names);
}

int Run(int argc, char** argv) {
  // Whoever reads the first lines only must not stop what is done after them.
  signal(SIGPIPE, SIG_IGN);
  Session session;
  Action action;
  CLI::App app("Speaks to Tessera's services: campaigns, coupons, orders, statistics.", "couponctl");
  app.set_version_flag("--version", std::string("couponctl ") + TESSERA_VERSION);
  AddSettings(app, session.settings);
  AddCampaignCommands(app, session, action);
  AddWalletCommands(app, session, action);
  AddUseCommands(app, session, action);
  AddReturnCommands(app, session, action);
  AddOperationCommands(app, session, action);
  AddWatchCommands(app, session, action);
  AddCompletion(app, action);
  app.footer(kFooter);  // last, or every command would have it
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kDone : kMistaken;
  }
  if (!action) return Fail(kMistaken, "what is to be done? Run with --help for more information.");
  try {
    const ExitCode exit_code = action();
    // An answer that nobody gets is none: its request id may be all that leads to it.
    return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? exit_code
                                                                : Fail(kFault, "stdout can't be written to");
  } catch (const CallFailed& failure) {
    return Fail(session.settings, failure);
  } catch (const Failure& failure) {
    return Fail(failure.exit_code(), failure.what());
  } catch (const std::exception& fault) {
    return Fail(kFault, fault.what());
  }
}

}  // namespace tessera::couponctl
