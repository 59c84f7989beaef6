#include "tools/couponctl/completion.h"

#include <fmt/format.h>

#include "tools/couponctl/command_line.h"

namespace tessera::couponctl {
namespace {

// The words that may follow a command: its own commands and options, and the options of those above it.
std::vector<std::string> WordsOf(CLI::App& command) {
  std::vector<std::string> words;
  for (CLI::App* each : command.get_subcommands([](CLI::App*) { return true; })) {
    if (!each->get_name().empty()) words.push_back(each->get_name());
  }
  for (CLI::App* each = &command; each != nullptr; each = each->get_parent()) {
    for (CLI::App* group : each->get_subcommands([](CLI::App* inner) { return inner->get_name().empty(); })) {
      for (const CLI::Option* option : group->get_options()) {
        for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
      }
    }
    for (const CLI::Option* option : each->get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    }
  }
  return words;
}

// A case for each command: "/campaign/apply) words='...' ;;".
void AddCases(CLI::App& command, const std::string& path, std::vector<std::string>* paths,
              std::string* cases) {
  *cases +=
      fmt::format("    {}) words='{}' ;;\n", path.empty() ? "''" : path, fmt::join(WordsOf(command), " "));
  for (CLI::App* each : command.get_subcommands([](CLI::App* inner) { return !inner->get_name().empty(); })) {
    const std::string inner = path + "/" + each->get_name();
    paths->push_back(inner);
    AddCases(*each, inner, paths, cases);
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
  case $previous in
  -o | --output) words='table json yaml' ;;
  -f | --file | --order | --token-file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
  *)
    case $path in
{cases}    esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
complete -F _couponctl couponctl
)sh";

}  // namespace

std::string BashCompletion(CLI::App& app) {
  std::vector<std::string> paths;
  std::string cases;
  AddCases(app, "", &paths, &cases);
  return fmt::format(kScript, fmt::arg("paths", fmt::join(paths, " | ")), fmt::arg("cases", cases));
}

void AddCompletion(CLI::App& app, Action& action) {
  CLI::App* completion = AddCommand(app, "completion", "Write a script that completes couponctl's words");
  Does(AddCommand(*completion, "bash", "For bash: source <(couponctl completion bash)"), action, [&] {
    std::fputs(BashCompletion(app).c_str(), stdout);
    return kDone;
  });
}

}  // namespace tessera::couponctl
