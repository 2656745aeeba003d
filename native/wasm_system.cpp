// What a WebAssembly module has in the place of a C++ library's exceptions and of a system.
//
// Nothing is ever caught there: the library was built without. What is thrown leaves as an error of
// the page's, with the sentence, through an imported function that does not return, and the page
// begins anew with another instance.

#include <cstddef>
#include <cstdlib>
#include <exception>
#include <new>
#include <typeinfo>

extern "C" {

[[noreturn]] __attribute__((import_module("env"), import_name("fail"))) void mnv2_fail(
    const char* sentence);

// Nothing is thrown twice, and where it is memory that is missing, none is to be had for saying so.
void* __cxa_allocate_exception(size_t) {
    alignas(std::max_align_t) static char thrown[256];
    return thrown;
}
void __cxa_free_exception(void*) {}

// All that this engine throws is a std::exception, and begins with one.
[[noreturn]] void __cxa_throw(void* thrown, std::type_info* type, void (*)(void*)) {
    if (*type == typeid(std::bad_alloc))
        mnv2_fail("not enough memory for the engine: open fewer models, or give it more");
    mnv2_fail(static_cast<std::exception*>(thrown)->what());
}
}

// Of the C++ library's own complaints, which would otherwise be printed where nobody sees it.
namespace std {
inline namespace __1 {
[[noreturn]] void __libcpp_verbose_abort(const char* sentence, ...) noexcept {
    mnv2_fail(sentence);
}
}  // namespace __1
}  // namespace std

// The library's own would end in a trap that says nothing.
void* operator new(size_t bytes) {
    void* memory = std::malloc(bytes ? bytes : 1);
    if (!memory) throw std::bad_alloc();
    return memory;
}
void* operator new(size_t bytes, std::align_val_t alignment) {
    const auto boundary = static_cast<size_t>(alignment);
    void* memory = std::aligned_alloc(boundary, (bytes + boundary - 1) / boundary * boundary);
    if (!memory) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
