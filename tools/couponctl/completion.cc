#include "tools/couponctl/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "tools/couponctl/command_line.h"

namespace tessera::couponctl {
namespace {

std::vector<CLI::Option*> OptionsOf(CLI::App& command) {
  std::vector<CLI::Option*> options;
  const auto add = [&options](CLI::App& app) {
    for (CLI::Option* option : app.get_options()) options.push_back(option);
  };
  for (CLI::App* group : command.get_subcommands([](CLI::App* inner) { return inner->get_name().empty(); }))
    add(*group);
  add(command);
  return options;
}

// What an option or an argument can be given, where those are words.
std::vector<std::string> ValuesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t at = type.find(kOneOf);
  std::vector<std::string> values;
  if (at == std::string::npos) return values;
  std::istringstream words(type.substr(at + kOneOf.size()));
  for (std::string word; std::getline(words >> std::ws, word, ',');) values.push_back(word);
  return values;
}

// The words that may follow a command: its own commands, arguments and options, and the options of those
// above it.
std::vector<std::string> WordsOf(CLI::App& command) {
  std::vector<std::string> words;
  const auto add = [&words](std::string word) {
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(std::move(word));
  };
  for (CLI::App* each : command.get_subcommands([](CLI::App*) { return true; })) {
    if (!each->get_name().empty()) add(each->get_name());
  }
  for (CLI::Option* option : OptionsOf(command)) {
    if (!option->get_positional()) continue;
    for (std::string& value : ValuesOf(*option)) add(std::move(value));
  }
  for (CLI::App* each = &command; each != nullptr; each = each->get_parent()) {
    for (const CLI::Option* option : OptionsOf(*each)) {
      for (const std::string& name : option->get_lnames()) add("--" + name);
    }
  }
  return words;
}

struct Cases {
  std::vector<std::string> paths;  // of commands, such as /campaign/apply
  std::string values;              // what follows an option: "/wallet:--state) words='...' ;;"
  std::string commands;            // what follows a command: "/campaign/apply) words='...' ;;"
};

void AddCases(CLI::App& command, std::string path, Cases* cases) {
  cases->commands +=
      fmt::format("    {}) words='{}' ;;\n", path.empty() ? "''" : path, fmt::join(WordsOf(command), " "));
  for (const CLI::Option* option : OptionsOf(command)) {
    const std::vector<std::string> values = ValuesOf(*option);
    for (const std::string& name : values.empty() ? std::vector<std::string>() : option->get_lnames())
      cases->values += fmt::format("  {}:--{}) words='{}' ;;\n", path, name, fmt::join(values, " "));
  }
  for (CLI::App* each : command.get_subcommands([](CLI::App* inner) { return !inner->get_name().empty(); })) {
    std::string inner = path + "/" + each->get_name();
    cases->paths.push_back(inner);
    AddCases(*each, std::move(inner), cases);
  }
}

constexpr char kScript[] = R"sh(# Completion of couponctl for bash: source <(couponctl completion bash)
_couponctl() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}} path= words= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case $path/${{COMP_WORDS[i]}} in
    {paths}) path+=/${{COMP_WORDS[i]}} ;;
    esac
  done
  case $path:$previous in
{values}  *:-o | *:--output) words='table json yaml' ;;
  *:-f | *:--file | *:--order | *:--token-file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
  *)
    case $path in
{commands}    esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -F _couponctl couponctl
)sh";

}  // namespace

std::string BashCompletion(CLI::App& app) {
  Cases cases;
  AddCases(app, "", &cases);
  return fmt::format(kScript, fmt::arg("paths", fmt::join(cases.paths, " | ")),
                     fmt::arg("values", cases.values), fmt::arg("commands", cases.commands));
}

void AddCompletion(CLI::App& app, Action& action) {
  CLI::App* completion = AddCommand(app, "completion", "Write a script that completes couponctl's words");
  Does(AddCommand(*completion, "bash", "For bash: source <(couponctl completion bash)"), action, [&] {
    std::fputs(BashCompletion(app).c_str(), stdout);
    return kDone;
  });
}

}  // namespace tessera::couponctl
