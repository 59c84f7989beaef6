// tessera-load: the load generator. See options.cc for the command line.
#include "tools/load/options.h"
#include "tools/load/program.h"

int main(int argc, char** argv) {
  int exit_status = 0;
  const auto options = tessera::load::ParseLoadOptions(argc, argv, &exit_status);
  return options ? tessera::load::RunProgram(*options) : exit_status;
}
