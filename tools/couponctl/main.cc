// couponctl: Tessera's services from a terminal. `couponctl --help` says how.
#include "tools/couponctl/command_line.h"

int main(int argc, char** argv) { return tessera::couponctl::Run(argc, argv); }
