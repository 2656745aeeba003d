#include "dispatch.h"

#include <string>
#include <vector>

#include "avx2_recolor.h"

#if defined(__x86_64__)
#define MNV2_X86 1
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(__aarch64__)
#define MNV2_ARM64 1
#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif
#endif

namespace mnv2 {
namespace {

#if MNV2_ARM64
// Whether the machine multiplies two pixels' bytes by two channels' at once.
bool has_matrix_products() {
#if defined(__linux__)
    constexpr unsigned long kMatrixProduct = 1ul << 13;  // HWCAP2_I8MM
    return getauxval(AT_HWCAP2) & kMatrixProduct;
#elif defined(__APPLE__)
    int there = 0;
    size_t bytes = sizeof there;
    return !sysctlbyname("hw.optional.arm.FEAT_I8MM", &there, &bytes, nullptr, 0) && there;
#else
    return false;
#endif
}

// Whether the machine multiplies four bytes at once.
bool has_dot_products() {
#if defined(__linux__)
    constexpr unsigned long kDotProduct = 1ul << 20;  // HWCAP_ASIMDDP
    return getauxval(AT_HWCAP) & kDotProduct;
#elif defined(__APPLE__)
    return true;  // every Mac with an ARM
#else
    return false;
#endif
}
#endif

#if MNV2_X86 && MNV2_KNOWS_AVX_VNNI
// Compilers differ in whether their own query knows the name. Whether the system saves vectors of 32
// bytes is AVX2's question.
bool has_avx_vnni() {
    constexpr unsigned kAvxVnni = 1u << 4;
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & kAvxVnni);
}
#endif

#if MNV2_X86 && MNV2_KNOWS_AMX && !MNV2_EMULATED
// Tiles are 8 kB of each thread's state: a process that is to have them asks for them, once and for
// all of its threads, and the system may refuse.
bool may_use_amx() {
    constexpr unsigned kTiles = 1u << 24, kBytes = 1u << 25;
    constexpr long kAskForPermission = 0x1023, kTileData = 18;
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & kTiles) && (d & kBytes) &&
           !syscall(SYS_arch_prctl, kAskForPermission, kTileData);
}
#endif

// What brings pictures to a network.
struct ForPictures {
    const Resampling& resampling;
    RecolorRow recolor;
};

const ForPictures kPlainPictures = {kScalarResampling, recolor_plainly};
#if MNV2_X86
const ForPictures kAvx2Pictures = {kAvx2Resampling, recolor_with_avx2};
#endif

struct List {
    std::vector<Isa> sets;
    std::string names;

    void add(const char* name, const Kernels& real, const Kernels& integer,
             const ForPictures& pictures) {
        sets.push_back({name, &real, &integer, &pictures.resampling, pictures.recolor});
        if (!names.empty()) names += ' ';
        names += name;
    }

    List() {
#if MNV2_EMULATED
        // A test's build: other instructions stand in for these, on any x86 machine with AVX2.
        add("amx", kAvx512Float, kAmxInteger, kAvx2Pictures);
        add("vnni", kAvx512Float, kVnniInteger, kAvx2Pictures);
        add("avxvnni", kAvx2Float, kAvxVnniInteger, kAvx2Pictures);
#elif MNV2_X86
        // These ask the processor what it has and the system what it saves (CPUID and XGETBV).
        __builtin_cpu_init();
        const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                            __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
        const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
#if MNV2_KNOWS_AMX
        if (vnni && may_use_amx()) add("amx", kAvx512Float, kAmxInteger, kAvx2Pictures);
#endif
        if (vnni) add("vnni", kAvx512Float, kVnniInteger, kAvx2Pictures);
#if MNV2_KNOWS_AVX_VNNI
        if (avx2 && has_avx_vnni()) add("avxvnni", kAvx2Float, kAvxVnniInteger, kAvx2Pictures);
#endif
        if (avx512) add("avx512", kAvx512Float, kAvx2Integer, kAvx2Pictures);
        if (avx2) add("avx2", kAvx2Float, kAvx2Integer, kAvx2Pictures);
#elif MNV2_ARM64
        if (has_dot_products() && has_matrix_products())
            add("neoni8mm", kNeonFloat, kNeonI8mmInteger, kPlainPictures);
        if (has_dot_products()) add("neondot", kNeonFloat, kNeonDotInteger, kPlainPictures);
        add("neon", kNeonFloat, kNeonInteger, kPlainPictures);
#endif
        add("scalar", kScalarFloat, kScalarInteger, kPlainPictures);
        sets.push_back({});
    }
};

// Made when the library is loaded: one that the first caller makes would be locked for ever in a
// child that is forked meanwhile.
const List list;

}  // namespace

const Isa* isas() { return list.sets.data(); }

const char* isa_names() { return list.names.c_str(); }

}  // namespace mnv2
