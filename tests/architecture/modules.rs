//! The modules of a crate as its sources name each other: which file uses which.
//!
//! Sources are parsed, so comments and strings count for nothing; what is compiled for
//! tests alone is left out. An import that is only published again is no use.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{
    Attribute, Item, ItemUse, Macro, Token, UseTree, Visibility,
    punctuated::Punctuated,
    visit::{self, Visit},
};

/// The path of a module below its crate; empty for the root.
type Name = Vec<String>;

/// The modules of one crate.
pub(crate) struct Modules {
    modules: BTreeMap<Name, Module>,
}

/// One module, as its source has it.
#[derive(Default)]
struct Module {
    /// The file that it lies in, from the `src` of its crate.
    file: String,
    /// Imports by the name that they have here.
    imports: BTreeMap<String, Import>,
    globs: Vec<Name>,
    /// Items that are defined here.
    items: BTreeSet<String>,
    /// Paths that its code names, imports aside.
    paths: BTreeSet<Name>,
}

struct Import {
    path: Name,
    published: bool,
}

impl Modules {
    /// Reads a crate from its root file, `lib.rs` or `main.rs`.
    pub(crate) fn read(root: &Path) -> Self {
        let mut modules = BTreeMap::new();
        let folder = root.parent().expect("a folder");
        let name = file_name(root);
        read_file(&mut modules, folder, Path::new(&name), Vec::new(), folder);
        Self { modules }
    }

    /// Which files each file uses, but for itself.
    pub(crate) fn uses(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, module) in &self.modules {
            let others = uses.entry(&module.file).or_default();
            for path in module.used() {
                if let Some(other) = self.resolve(name, path, 0)
                    && other.file != module.file
                {
                    others.insert(&other.file);
                }
            }
        }
        uses
    }

    /// Paths that are not of this crate, with the files that name them.
    pub(crate) fn foreign(&self) -> Vec<(&str, &[String])> {
        let mut foreign = Vec::new();
        for (name, module) in &self.modules {
            let imports = module.imports.values().map(|import| &import.path);
            for path in module.paths.iter().chain(imports).chain(&module.globs) {
                if self.resolve(name, path, 0).is_none() {
                    foreign.push((module.file.as_str(), path.as_slice()));
                }
            }
        }
        foreign
    }

    /// The module that defines what a path names; `None` where that is not of this crate.
    fn resolve(&self, from: &Name, path: &[String], depth: usize) -> Option<&Module> {
        if depth > 16 {
            return None;
        }
        let here = self.modules.get(from)?;
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(Vec::new(), rest, depth),
            "self" => self.walk(from.clone(), rest, depth),
            "super" => {
                let (_, parent) = from.split_last()?;
                let parent = parent.to_vec();
                // `super::super::x`
                if rest.first().is_some_and(|next| next == "super") {
                    return self.resolve(&parent, rest, depth + 1);
                }
                self.walk(parent, rest, depth)
            }
            name if here.imports.contains_key(name) || self.is_module(from, name) => {
                self.walk(from.clone(), path, depth)
            }
            _ => None,
        }
    }

    fn is_module(&self, parent: &Name, child: &str) -> bool {
        let name = [parent.as_slice(), &[child.to_owned()]].concat();
        self.modules.contains_key(&name)
    }

    /// Follows a path from a module of this crate on, through what others publish again.
    fn walk(&self, mut at: Name, path: &[String], depth: usize) -> Option<&Module> {
        for (position, part) in path.iter().enumerate() {
            let rest = &path[position + 1..];
            let module = self.modules.get(&at)?;
            if let Some(import) = module.imports.get(part) {
                let onward = [&import.path, rest].concat();
                return self.resolve(&at, &onward, depth + 1);
            }
            if self.is_module(&at, part) {
                at.push(part.clone());
                continue;
            }
            if !module.items.contains(part) {
                let through = module.globs.iter().find_map(|glob| {
                    let onward = [glob.as_slice(), &path[position..]].concat();
                    self.resolve(&at, &onward, depth + 1)
                        .filter(|found| found.items.contains(part))
                });
                if through.is_some() {
                    return through;
                }
            }
            break;
        }
        self.modules.get(&at)
    }
}

impl Module {
    fn used(&self) -> Vec<&Name> {
        let named: BTreeSet<&str> = self.paths.iter().map(|path| path[0].as_str()).collect();
        let imports = self.imports.iter();
        let imported =
            imports.filter(|(name, import)| !import.published || named.contains(name.as_str()));
        self.paths
            .iter()
            .chain(imported.map(|(_, import)| &import.path))
            .chain(&self.globs)
            .collect()
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().expect("a file");
    name.to_string_lossy().into_owned()
}

/// Reads a file and those of its modules. `below` is where its modules lie.
fn read_file(
    modules: &mut BTreeMap<Name, Module>,
    source: &Path,
    file: &Path,
    name: Name,
    below: &Path,
) {
    let path = source.join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file = file.to_string_lossy().into_owned();
    read_items(modules, source, &file, name, below, &parsed.items);
}

fn read_items(
    modules: &mut BTreeMap<Name, Module>,
    source: &Path,
    file: &str,
    name: Name,
    below: &Path,
    items: &[Item],
) {
    let mut reader = Reader {
        module: Module {
            file: file.to_owned(),
            ..Module::default()
        },
    };
    for item in items {
        let Item::Mod(child) = item else {
            reader.visit_item(item);
            continue;
        };
        if is_for_tests(&child.attrs) {
            continue;
        }
        let ident = child.ident.to_string();
        let child_name = [name.as_slice(), std::slice::from_ref(&ident)].concat();
        if let Some((_, items)) = &child.content {
            read_items(
                modules,
                source,
                file,
                child_name,
                &below.join(&ident),
                items,
            );
            continue;
        }
        let flat = below.join(format!("{ident}.rs"));
        let nested = below.join(&ident).join("mod.rs");
        let found = if flat.exists() { flat } else { nested };
        let relative = found.strip_prefix(source).expect("below src");
        read_file(modules, source, relative, child_name, &below.join(&ident));
    }
    modules.insert(name, reader.module);
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list().ok();
        let tokens = list.map(|list| list.tokens.to_string()).unwrap_or_default();
        attribute.path().is_ident("cfg") && tokens == "test"
    })
}

struct Reader {
    module: Module,
}

impl Reader {
    fn import(&mut self, tree: &UseTree, mut path: Name, published: bool) {
        let mut named = |path: Name, name: String| {
            self.module.imports.insert(name, Import { path, published });
        };
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.import(&part.tree, path, published);
            }
            UseTree::Name(part) if part.ident == "self" => {
                let name = path.last().expect("a path before self").clone();
                named(path, name);
            }
            UseTree::Name(part) => {
                path.push(part.ident.to_string());
                named(path, part.ident.to_string());
            }
            UseTree::Rename(part) => {
                path.push(part.ident.to_string());
                named(path, part.rename.to_string());
            }
            UseTree::Glob(_) => self.module.globs.push(path),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, path.clone(), published);
                }
            }
        }
    }
}

/// The attributes and the name of an item, where it has them.
fn described(item: &Item) -> (&[Attribute], Option<&syn::Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Impl(item) => (&item.attrs, None),
        Item::Mod(item) => (&item.attrs, Some(&item.ident)),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, None),
        _ => (&[], None),
    }
}

impl<'a> Visit<'a> for Reader {
    fn visit_item(&mut self, item: &'a Item) {
        let (attributes, name) = described(item);
        if is_for_tests(attributes) {
            return;
        }
        if let Some(name) = name {
            self.module.items.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        let published = !matches!(item.vis, Visibility::Inherited);
        self.import(&item.tree, Vec::new(), published);
    }

    /// `pub(super)` names no item.
    fn visit_visibility(&mut self, _: &'a Visibility) {}

    fn visit_path(&mut self, path: &'a syn::Path) {
        let parts = path.segments.iter().map(|part| part.ident.to_string());
        self.module.paths.insert(parts.collect());
        visit::visit_path(self, path);
    }

    /// Macros such as `format!` name paths in their arguments.
    fn visit_macro(&mut self, item: &'a Macro) {
        self.visit_path(&item.path);
        let arguments = Punctuated::<syn::Expr, Token![,]>::parse_terminated;
        if let Ok(arguments) = item.parse_body_with(arguments) {
            for argument in &arguments {
                Visit::visit_expr(self, argument);
            }
        }
    }
}
