
#include "store/store.h"


const mz_script_source_t  mz_scripts[MZ_SCRIPTS] = {
#include "store_scripts.inc"
};
