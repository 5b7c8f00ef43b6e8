<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr_FR" sourcelanguage="en">
<context>
    <name>GeoPub</name>
    <message>
        <source>&amp;Format</source>
        <translation>&amp;Format</translation>
    </message>
    <message>
        <source>--min-zoom must not be greater than --max-zoom.</source>
        <translation>--min-zoom ne doit pas dépasser --max-zoom.</translation>
    </message>
    <message>
        <source>--services takes names among {names}.</source>
        <translation>--services attend des noms parmi {names}.</translation>
    </message>
    <message>
        <source>10 × 10 tiles in the middle of this map</source>
        <translation>10 × 10 tuiles au milieu de cette carte</translation>
    </message>
    <message>
        <source>`geopub status` lists what is published; --service chooses between wms, wfs and tms.</source>
        <translation>`geopub status` liste ce qui est publié ; --service choisit entre wms, wfs et tms.</translation>
    </message>
    <message>
        <source>`geopub user list` shows them.</source>
        <translation>`geopub user list` les montre.</translation>
    </message>
    <message>
        <source>A backend works on the data folder {path}.</source>
        <translation>Un moteur travaille sur le dossier de données {path}.</translation>
    </message>
    <message>
        <source>A BBOX needs four numbers.</source>
        <translation>Une BBOX a quatre nombres.</translation>
    </message>
    <message>
        <source>A chunk of “{path}” did not arrive whole.</source>
        <translation>Un morceau de « {path} » n’est pas arrivé entier.</translation>
    </message>
    <message>
        <source>A collection</source>
        <translation>Une collection</translation>
    </message>
    <message>
        <source>A column of bytes compares with nothing.</source>
        <translation>Une colonne d’octets ne se compare à rien.</translation>
    </message>
    <message>
        <source>A community needs a name.</source>
        <translation>Une communauté doit avoir un nom.</translation>
    </message>
    <message>
        <source>A comparison is missing</source>
        <translation>Il manque une comparaison</translation>
    </message>
    <message>
        <source>A condition is an object with “op” and “args”, or true or false.</source>
        <translation>Une condition est un objet avec « op » et « args », ou bien true ou false.</translation>
    </message>
    <message>
        <source>A document has {limit} at most.</source>
        <translation>Un document compte {limit} au plus.</translation>
    </message>
    <message>
        <source>A feature</source>
        <translation>Une entité</translation>
    </message>
    <message>
        <source>A file (QML or SLD)</source>
        <translation>Un fichier (QML ou SLD)</translation>
    </message>
    <message>
        <source>A file needs a path.</source>
        <translation>Un fichier doit avoir un chemin.</translation>
    </message>
    <message>
        <source>a file of an unknown kind</source>
        <translation>un fichier de nature inconnue</translation>
    </message>
    <message>
        <source>A fill of the type “{kind}” is drawn in one colour.</source>
        <translation>Un remplissage du type « {kind} » est dessiné d’une seule couleur.</translation>
    </message>
    <message>
        <source>A firewall or a policy forbids to listen on 127.0.0.1: allow it for Python.</source>
        <translation>Un pare-feu ou une règle interdit l’écoute sur 127.0.0.1 : autorisez-la pour Python.</translation>
    </message>
    <message>
        <source>a FlatGeobuf file</source>
        <translation>un fichier FlatGeobuf</translation>
    </message>
    <message>
        <source>A generalisation by its flags, such as -S10 -an.</source>
        <translation>Une généralisation par ses options, comme -S10 -an.</translation>
    </message>
    <message>
        <source>A generalisation by its name, see docs/tiles.md.</source>
        <translation>Une généralisation par son nom, voir docs/tiles.md.</translation>
    </message>
    <message>
        <source>A geometry in GeoJSON is needed here, or a bbox.</source>
        <translation>Il faut ici une géométrie en GeoJSON, ou un bbox.</translation>
    </message>
    <message>
        <source>A GeoPackage lists its vector tables in gpkg_contents and gpkg_geometry_columns, and these lists are empty.</source>
        <translation>Un GeoPackage énumère ses tables vectorielles dans gpkg_contents et gpkg_geometry_columns, et ces listes sont vides.</translation>
    </message>
    <message>
        <source>A graphic that lies elsewhere is not drawn: {address}</source>
        <translation>Une image située ailleurs n’est pas dessinée : {address}</translation>
    </message>
    <message>
        <source>a gzip archive</source>
        <translation>une archive gzip</translation>
    </message>
    <message>
        <source>A key has a whitelist or a blacklist, not both.</source>
        <translation>Une clé a une liste blanche ou une liste noire, pas les deux.</translation>
    </message>
    <message>
        <source>A key needs a name.</source>
        <translation>Une clé doit avoir un nom.</translation>
    </message>
    <message>
        <source>A key of type HEADER needs one to five headers.</source>
        <translation>Une clé de type HEADER a de un à cinq en-têtes.</translation>
    </message>
    <message>
        <source>A layer name belongs to one datasheet.</source>
        <translation>Un nom de couche appartient à une seule fiche de données.</translation>
    </message>
    <message>
        <source>A layer needs at least one to be styled and asked about.</source>
        <translation>Une couche en a besoin d’au moins un pour être stylée et interrogée.</translation>
    </message>
    <message>
        <source>A line filled with a pattern is drawn in one colour.</source>
        <translation>Une ligne remplie d’un motif est dessinée d’une seule couleur.</translation>
    </message>
    <message>
        <source>A link can point to files of this computer, so none is followed.</source>
        <translation>Un lien peut désigner des fichiers de cet ordinateur ; aucun n’est donc suivi.</translation>
    </message>
    <message>
        <source>A link that shows the publication for 24 hours to whoever has it, also while it is not public</source>
        <translation>Un lien qui montre la publication pendant 24 heures à qui le possède, même si elle n’est pas publique</translation>
    </message>
    <message>
        <source>A map service needs a geometry.</source>
        <translation>Un service de carte a besoin d’une géométrie.</translation>
    </message>
    <message>
        <source>A Mapbox style draws tiles only.</source>
        <translation>Un style Mapbox ne dessine que des tuiles.</translation>
    </message>
    <message>
        <source>A mark is drawn as a square: SLD 1.0.0 has no word for it.</source>
        <translation>Une marque est dessinée en carré : le SLD 1.0.0 n’a pas de mot pour elle.</translation>
    </message>
    <message>
        <source>A metadata link is not complete.</source>
        <translation>Un lien de métadonnées est incomplet.</translation>
    </message>
    <message>
        <source>A name is needed: it becomes part of the addresses.</source>
        <translation>Un nom est nécessaire : il devient une partie des adresses.</translation>
    </message>
    <message>
        <source>A number is needed.</source>
        <translation>Il faut un nombre.</translation>
    </message>
    <message>
        <source>a Parquet file</source>
        <translation>un fichier Parquet</translation>
    </message>
    <message>
        <source>A part named “file” is expected.</source>
        <translation>Une partie nommée « file » est attendue.</translation>
    </message>
    <message>
        <source>a PDF document</source>
        <translation>un document PDF</translation>
    </message>
    <message>
        <source>A permission needs a beneficiary.</source>
        <translation>Une permission doit avoir un bénéficiaire.</translation>
    </message>
    <message>
        <source>A permission needs a licence.</source>
        <translation>Une permission doit avoir une licence.</translation>
    </message>
    <message>
        <source>A permission needs at least one service.</source>
        <translation>Une permission demande au moins un service.</translation>
    </message>
    <message>
        <source>a picture</source>
        <translation>une image</translation>
    </message>
    <message>
        <source>A picture of {width} × {height} pixels cannot be made.</source>
        <translation>Une image de {width} × {height} pixels ne peut pas être créée.</translation>
    </message>
    <message>
        <source>a PMTiles archive</source>
        <translation>une archive PMTiles</translation>
    </message>
    <message>
        <source>A preview link cannot be good for so long.</source>
        <translation>Un lien d’aperçu ne peut pas valoir si longtemps.</translation>
    </message>
    <message>
        <source>A property, a text, a number, a date or a timestamp is needed here.</source>
        <translation>Il faut ici un attribut, un texte, un nombre, une date ou un horodatage.</translation>
    </message>
    <message>
        <source>A publication is one set of tables.</source>
        <translation>Une publication est un seul ensemble de tables.</translation>
    </message>
    <message>
        <source>A published table has one type of geometry.</source>
        <translation>Une table publiée a un seul type de géométrie.</translation>
    </message>
    <message>
        <source>A QML or SLD file, named after its table.</source>
        <translation>Un fichier QML ou SLD, qui porte le nom de sa table.</translation>
    </message>
    <message>
        <source>A quote is opened and not closed: {rest}</source>
        <translation>Un guillemet est ouvert et n’est pas fermé : {rest}</translation>
    </message>
    <message>
        <source>A record is published for {organisation}.</source>
        <translation>Une fiche est publiée pour {organisation}.</translation>
    </message>
    <message>
        <source>A record makes the data known in catalogues. The next pages show what is known.</source>
        <translation>Une fiche fait connaître les données dans les catalogues. Les pages suivantes montrent ce qui est connu.</translation>
    </message>
    <message>
        <source>A request holds at most {count} queries.</source>
        <translation>Une requête contient au plus {count} interrogations.</translation>
    </message>
    <message>
        <source>a sample; all of them later: {told}</source>
        <translation>un échantillon ; toutes plus tard : {told}</translation>
    </message>
    <message>
        <source>a shapefile</source>
        <translation>un shapefile</translation>
    </message>
    <message>
        <source>A shapefile cuts names to 10 bytes, texts to 254, writes times as texts, leaves out binaries.</source>
        <translation>Un shapefile coupe les noms à 10 octets et les textes à 254, écrit les heures comme textes et omet les valeurs binaires.</translation>
    </message>
    <message>
        <source>A shapefile holds geometries of one kind, and this type has several.</source>
        <translation>Un shapefile contient des géométries d’un seul genre, et ce type en a plusieurs.</translation>
    </message>
    <message>
        <source>A shapefile is made of several files, of which .shp, .shx and .dbf are needed.</source>
        <translation>Un shapefile est fait de plusieurs fichiers, dont .shp, .shx et .dbf sont nécessaires.</translation>
    </message>
    <message>
        <source>A shifted fill is drawn in its place.</source>
        <translation>Un remplissage décalé est dessiné à sa place.</translation>
    </message>
    <message>
        <source>a space</source>
        <translation>un espace</translation>
    </message>
    <message>
        <source>a SQLite database without the tables of a GeoPackage</source>
        <translation>une base SQLite sans les tables d’un GeoPackage</translation>
    </message>
    <message>
        <source>A style file goes to the table of the same name; here there are: {names}.</source>
        <translation>Un fichier de style va à la table du même nom ; il y a ici : {names}.</translation>
    </message>
    <message>
        <source>A style is a QML file of QGIS or an SLD file.</source>
        <translation>Un style est un fichier QML de QGIS ou un fichier SLD.</translation>
    </message>
    <message>
        <source>A style needs a name.</source>
        <translation>Un style a besoin d’un nom.</translation>
    </message>
    <message>
        <source>A summary is needed: what is in the data?</source>
        <translation>Un résumé est nécessaire : que contiennent les données ?</translation>
    </message>
    <message>
        <source>A symbol of the style cannot be drawn.</source>
        <translation>Un symbole du style ne peut pas être dessiné.</translation>
    </message>
    <message>
        <source>A symbol of the type “{kind}” is not drawn.</source>
        <translation>Un symbole du type « {kind} » n’est pas dessiné.</translation>
    </message>
    <message>
        <source>A symbol on a part of the geometry is drawn on all of it.</source>
        <translation>Un symbole placé sur une partie de la géométrie est dessiné sur toute la géométrie.</translation>
    </message>
    <message>
        <source>A table without geometry cannot be drawn or tiled.</source>
        <translation>Une table sans géométrie ne peut être ni dessinée ni tuilée.</translation>
    </message>
    <message>
        <source>a text</source>
        <translation>un texte</translation>
    </message>
    <message>
        <source>A text cannot be kept.</source>
        <translation>Un texte ne peut pas être conservé.</translation>
    </message>
    <message>
        <source>a TIFF picture</source>
        <translation>une image TIFF</translation>
    </message>
    <message>
        <source>A tile service shows one pyramid.</source>
        <translation>Un service de tuiles montre une seule pyramide.</translation>
    </message>
    <message>
        <source>A title is needed: it is what people will read.</source>
        <translation>Un titre est nécessaire : c’est ce que l’on lira.</translation>
    </message>
    <message>
        <source>A value cannot be kept.</source>
        <translation>Une valeur ne peut pas être conservée.</translation>
    </message>
    <message>
        <source>A value or a property is missing</source>
        <translation>Il manque une valeur ou un attribut</translation>
    </message>
    <message>
        <source>A WFS filters by FES, not by CQL.</source>
        <translation>Un WFS filtre en FES, pas en CQL.</translation>
    </message>
    <message>
        <source>A whole number from 0 to {last}.</source>
        <translation>Un nombre entier de 0 à {last}.</translation>
    </message>
    <message>
        <source>A whole number from {lowest} on is needed.</source>
        <translation>Un nombre entier à partir de {lowest} est nécessaire.</translation>
    </message>
    <message>
        <source>A worker process could not be started.</source>
        <translation>Un processus de travail n’a pas pu être démarré.</translation>
    </message>
    <message>
        <source>a zip archive</source>
        <translation>une archive zip</translation>
    </message>
    <message>
        <source>Aborted by the user.</source>
        <translation>Arrêté par l’utilisateur.</translation>
    </message>
    <message>
        <source>about {tiles}, {size}, {time}</source>
        <translation>environ {tiles}, {size}, {time}</translation>
    </message>
    <message>
        <source>Access</source>
        <translation>Accès</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Ajouter</translation>
    </message>
    <message>
        <source>Add a datastore with its community.</source>
        <translation>Ajouter un entrepôt avec sa communauté.</translation>
    </message>
    <message>
        <source>Add a program, and print its secret: it is shown this once.</source>
        <translation>Ajouter un programme et afficher son secret : il n’est montré que cette fois.</translation>
    </message>
    <message>
        <source>Add a raster or XYZ layer to the project to choose it here.</source>
        <translation>Ajoutez une couche raster ou XYZ au projet pour la choisir ici.</translation>
    </message>
    <message>
        <source>Add a style</source>
        <translation>Ajouter un style</translation>
    </message>
    <message>
        <source>Add a symbol, an invisible one if only labels are wanted, or save the style as QML.</source>
        <translation>Ajoutez un symbole, invisible si seules les étiquettes sont voulues, ou enregistrez le style en QML.</translation>
    </message>
    <message>
        <source>Add a user, who signs in with a password.</source>
        <translation>Ajouter un utilisateur, qui se connecte par mot de passe.</translation>
    </message>
    <message>
        <source>Add at least one layer that draws.</source>
        <translation>Ajoutez au moins une couche qui dessine.</translation>
    </message>
    <message>
        <source>Add at least one rule with a symbol.</source>
        <translation>Ajoutez au moins une règle avec un symbole.</translation>
    </message>
    <message>
        <source>Add features to the layer, then publish again.</source>
        <translation>Ajoutez des entités à la couche, puis publiez de nouveau.</translation>
    </message>
    <message>
        <source>Add FILES, each named after its table, to LAYER as one style.</source>
        <translation>Ajouter FILES, chacun nommé comme sa table, à LAYER comme un seul style.</translation>
    </message>
    <message>
        <source>Add it again in Settings, Options, GeoPub, or publish the layer anew.</source>
        <translation>Ajoutez-le à nouveau dans Préférences, Options, GeoPub, ou publiez la couche comme nouvelle.</translation>
    </message>
    <message>
        <source>Add it to QGIS as a connection of your own, with the key as its authentication.</source>
        <translation>Ajoutez-le à QGIS comme une connexion à vous, avec la clé comme authentification.</translation>
    </message>
    <message>
        <source>Add it to the project again, then publish.</source>
        <translation>Ajoutez-la de nouveau au projet, puis publiez.</translation>
    </message>
    <message>
        <source>Add it to the request.</source>
        <translation>Ajoutez-le à la requête.</translation>
    </message>
    <message>
        <source>Add it to the tile service, or save the style as QML or SLD.</source>
        <translation>Ajoutez-le au service de tuiles, ou enregistrez le style en QML ou SLD.</translation>
    </message>
    <message>
        <source>Add to the project</source>
        <translation>Ajouter au projet</translation>
    </message>
    <message>
        <source>Added rows</source>
        <translation>Lignes ajoutées</translation>
    </message>
    <message>
        <source>Additional information</source>
        <translation>Informations supplémentaires</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>address</source>
        <translation>adresse</translation>
    </message>
    <message>
        <source>Addresses</source>
        <translation>Adresses</translation>
    </message>
    <message>
        <source>Add…</source>
        <translation>Ajouter…</translation>
    </message>
    <message>
        <source>Administrative units</source>
        <translation>Unités administratives</translation>
    </message>
    <message>
        <source>After how many days everything is purged.</source>
        <translation>Au bout de combien de jours tout est purgé.</translation>
    </message>
    <message>
        <source>Agricultural and aquaculture facilities</source>
        <translation>Installations agricoles et aquacoles</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Tous</translation>
    </message>
    <message>
        <source>All features as a GeoPackage</source>
        <translation>Toutes les entités en GeoPackage</translation>
    </message>
    <message>
        <source>All records of the endpoint's quota are used.</source>
        <translation>Toutes les fiches du quota de ce point d’accès sont utilisées.</translation>
    </message>
    <message>
        <source>All settings…</source>
        <translation>Tous les réglages…</translation>
    </message>
    <message>
        <source>All tables</source>
        <translation>Toutes les tables</translation>
    </message>
    <message>
        <source>All tables of a publication share one: they are published in {target}.</source>
        <translation>Toutes les tables d’une publication en partagent un seul : elles sont publiées en {target}.</translation>
    </message>
    <message>
        <source>All tiles are built: {reason}</source>
        <translation>Toutes les tuiles sont construites : {reason}</translation>
    </message>
    <message>
        <source>All tiles of “{title}”</source>
        <translation>Toutes les tuiles de « {title} »</translation>
    </message>
    <message>
        <source>All {quota} offerings of its quota are used.</source>
        <translation>Les {quota} offres de son quota sont toutes utilisées.</translation>
    </message>
    <message>
        <source>All {quota} services of its quota are used.</source>
        <translation>Les {quota} services de son quota sont tous utilisés.</translation>
    </message>
    <message>
        <source>Among wfs,wms,tms.</source>
        <translation>Parmi wfs,wms,tms.</translation>
    </message>
    <message>
        <source>An access needs at least one service.</source>
        <translation>Un accès demande au moins un service.</translation>
    </message>
    <message>
        <source>An address is needed, such as https://maps.example.org</source>
        <translation>Une adresse est nécessaire, par exemple https://cartes.exemple.fr</translation>
    </message>
    <message>
        <source>An annexe needs a path.</source>
        <translation>Une annexe doit avoir un chemin.</translation>
    </message>
    <message>
        <source>an archive that is not a zip file</source>
        <translation>une archive qui n’est pas un zip</translation>
    </message>
    <message>
        <source>An e-mail address is needed.</source>
        <translation>Une adresse électronique est nécessaire.</translation>
    </message>
    <message>
        <source>An earlier state of the file and its tiles: only what changed is built.</source>
        <translation>Un état antérieur du fichier et ses tuiles : seul ce qui a changé est construit.</translation>
    </message>
    <message>
        <source>An operator is missing</source>
        <translation>Il manque un opérateur</translation>
    </message>
    <message>
        <source>An outline that is drawn inside, or on some rings only, is drawn on all.</source>
        <translation>Un contour dessiné à l’intérieur, ou sur certains anneaux seulement, est dessiné sur tous.</translation>
    </message>
    <message>
        <source>Another annexe of the datastore has it.</source>
        <translation>Une autre annexe de l’entrepôt le porte.</translation>
    </message>
    <message>
        <source>Another field has the same name but for capital letters, which a GeoPackage does not allow.</source>
        <translation>Un autre champ a le même nom, aux majuscules près, ce qu’un GeoPackage ne permet pas.</translation>
    </message>
    <message>
        <source>Another GeoPub backend works on the data folder {path} and does not answer.</source>
        <translation>Un autre moteur GeoPub travaille sur le dossier de données {path} et ne répond pas.</translation>
    </message>
    <message>
        <source>Another GeoPub backend works on the data folder {path}.</source>
        <translation>Un autre moteur GeoPub travaille sur le dossier de données {path}.</translation>
    </message>
    <message>
        <source>Another GeoPub backend works on the database of the catalogue.</source>
        <translation>Un autre moteur GeoPub travaille sur la base de données du catalogue.</translation>
    </message>
    <message>
        <source>Another program has it open, or you may not write in its folder.</source>
        <translation>Un autre programme l’a ouvert, ou vous n’avez pas le droit d’écrire dans son dossier.</translation>
    </message>
    <message>
        <source>Another program is writing in it.</source>
        <translation>Un autre programme est en train d’y écrire.</translation>
    </message>
    <message>
        <source>Another program, or another GeoPub, listens there.</source>
        <translation>Un autre programme, ou un autre GeoPub, y écoute déjà.</translation>
    </message>
    <message>
        <source>Another QGIS is publishing “{title}”.</source>
        <translation>Un autre QGIS publie « {title} ».</translation>
    </message>
    <message>
        <source>Another style of the layer has this technical name.</source>
        <translation>Un autre style de la couche porte ce nom technique.</translation>
    </message>
    <message>
        <source>Another style was made current in: {kinds}.</source>
        <translation>Un autre style a été rendu courant dans : {kinds}.</translation>
    </message>
    <message>
        <source>Any queryable by its name: features in which it has this value</source>
        <translation>Un attribut interrogeable par son nom : les entités où il a cette valeur</translation>
    </message>
    <message>
        <source>Approximated</source>
        <translation>Approché</translation>
    </message>
    <message>
        <source>approximated: {count}</source>
        <translation>approximations : {count}</translation>
    </message>
    <message>
        <source>Archives like this are made to fill the disk.</source>
        <translation>De telles archives sont faites pour remplir le disque.</translation>
    </message>
    <message>
        <source>Area management/restriction/regulation zones and reporting units</source>
        <translation>Zones de gestion, de restriction ou de réglementation et unités de déclaration</translation>
    </message>
    <message>
        <source>areas of few kinds</source>
        <translation>surfaces en peu de catégories</translation>
    </message>
    <message>
        <source>areas side by side</source>
        <translation>surfaces qui pavent le territoire</translation>
    </message>
    <message>
        <source>areas that touch</source>
        <translation>surfaces qui se touchent</translation>
    </message>
    <message>
        <source>As delivered</source>
        <translation>Tel que livré</translation>
    </message>
    <message>
        <source>As published</source>
        <translation>Tel que publié</translation>
    </message>
    <message>
        <source>as published</source>
        <translation>aucun changement depuis la publication</translation>
    </message>
    <message>
        <source>as the engine does by itself</source>
        <translation>comme le moteur le fait de lui-même</translation>
    </message>
    <message>
        <source>as the server does</source>
        <translation>celle du serveur</translation>
    </message>
    <message>
        <source>As which user it acts with its secret alone: an e-mail address.</source>
        <translation>Au nom de quel utilisateur il agit avec son seul secret : une adresse électronique.</translation>
    </message>
    <message>
        <source>Ask again in a second.</source>
        <translation>Redemandez-la dans une seconde.</translation>
    </message>
    <message>
        <source>Ask for a GeoPackage or a FlatGeobuf.</source>
        <translation>Demandez un GeoPackage ou un FlatGeobuf.</translation>
    </message>
    <message>
        <source>Ask for a smaller picture, or for several.</source>
        <translation>Demandez une image plus petite, ou plusieurs.</translation>
    </message>
    <message>
        <source>Ask for another format.</source>
        <translation>Demandez un autre format.</translation>
    </message>
    <message>
        <source>Ask for GetCapabilities, GetMap, GetFeatureInfo, GetLegendGraphic or GetStyles.</source>
        <translation>Demandez GetCapabilities, GetMap, GetFeatureInfo, GetLegendGraphic ou GetStyles.</translation>
    </message>
    <message>
        <source>Ask for GetCapabilities, GetTile or GetFeatureInfo.</source>
        <translation>Demandez GetCapabilities, GetTile ou GetFeatureInfo.</translation>
    </message>
    <message>
        <source>Ask for GML or GeoJSON.</source>
        <translation>Demandez du GML ou du GeoJSON.</translation>
    </message>
    <message>
        <source>Ask for image/png, or install Qt's image format plugins.</source>
        <translation>Demandez image/png, ou installez les modules de formats d’image de Qt.</translation>
    </message>
    <message>
        <source>Ask for one of the formats that the capabilities list.</source>
        <translation>Demandez l’un des formats que les capacités du service énumèrent.</translation>
    </message>
    <message>
        <source>Ask for one of {names}.</source>
        <translation>Demandez l’une de celles-ci : {names}.</translation>
    </message>
    <message>
        <source>Ask for one of: {formats}.</source>
        <translation>Demandez l’un de ces formats : {formats}.</translation>
    </message>
    <message>
        <source>Ask for SERVICE=WMS.</source>
        <translation>Demandez SERVICE=WMS.</translation>
    </message>
    <message>
        <source>Ask for SERVICE=WMTS.</source>
        <translation>Demandez SERVICE=WMTS.</translation>
    </message>
    <message>
        <source>Ask for “hits” or “results”.</source>
        <translation>Demandez « hits » ou « results ».</translation>
    </message>
    <message>
        <source>Ask for “json” or “html”.</source>
        <translation>Demandez « json » ou « html ».</translation>
    </message>
    <message>
        <source>Ask for “none” or “local”.</source>
        <translation>Demandez « none » ou « local ».</translation>
    </message>
    <message>
        <source>Ask its administrator to allow the processing for your datastore.</source>
        <translation>Demandez à son administrateur d’autoriser ce traitement pour votre entrepôt.</translation>
    </message>
    <message>
        <source>Ask its supervisor to add you.</source>
        <translation>Demandez à son superviseur de vous ajouter.</translation>
    </message>
    <message>
        <source>Ask the administrator for a larger quota, then publish again.</source>
        <translation>Demandez un quota plus grand à l’administrateur, puis publiez à nouveau.</translation>
    </message>
    <message>
        <source>Ask the administrator of the server to add you to a community.</source>
        <translation>Demandez à l’administrateur du serveur de vous ajouter à une communauté.</translation>
    </message>
    <message>
        <source>Ask the administrator of the server.</source>
        <translation>Adressez-vous à l’administrateur du serveur.</translation>
    </message>
    <message>
        <source>Ask the supervisor of the community.</source>
        <translation>Adressez-vous au superviseur de la communauté.</translation>
    </message>
    <message>
        <source>Ask whoever sent it for another one.</source>
        <translation>Demandez-en un autre à qui vous l’a envoyé.</translation>
    </message>
    <message>
        <source>Ask with GET what is received, and continue there; or delete the file and begin again.</source>
        <translation>Demandez par GET ce qui est reçu et continuez là ; ou supprimez le fichier et recommencez.</translation>
    </message>
    <message>
        <source>Asking for the log…</source>
        <translation>Lecture du journal…</translation>
    </message>
    <message>
        <source>Asking for the styles…</source>
        <translation>Lecture des styles…</translation>
    </message>
    <message>
        <source>Asking for the versions…</source>
        <translation>Lecture des versions…</translation>
    </message>
    <message>
        <source>Asking {url}…</source>
        <translation>Interrogation de {url}…</translation>
    </message>
    <message>
        <source>At most {count} layers are drawn at once.</source>
        <translation>Au plus {count} couches sont dessinées à la fois.</translation>
    </message>
    <message>
        <source>At most {largest} pixels.</source>
        <translation>Au plus {largest} pixels.</translation>
    </message>
    <message>
        <source>At most {limit} are accepted.</source>
        <translation>{limit} au plus sont acceptés.</translation>
    </message>
    <message>
        <source>At most {limit} bytes are accepted for one entry.</source>
        <translation>{limit} octets au plus sont acceptés pour un élément.</translation>
    </message>
    <message>
        <source>At most {limit} bytes are accepted.</source>
        <translation>Au plus {limit} octets sont acceptés.</translation>
    </message>
    <message>
        <source>at the checks</source>
        <translation>aux vérifications</translation>
    </message>
    <message>
        <source>at the integration</source>
        <translation>à l’intégration</translation>
    </message>
    <message>
        <source>At work</source>
        <translation>En cours</translation>
    </message>
    <message>
        <source>Atmospheric conditions</source>
        <translation>Conditions atmosphériques</translation>
    </message>
    <message>
        <source>Attributes</source>
        <translation>Attributs</translation>
    </message>
    <message>
        <source>Attributes of the tiles</source>
        <translation>Attributs des tuiles</translation>
    </message>
    <message>
        <source>Attribution, language and resolution.</source>
        <translation>Attribution, langue et résolution.</translation>
    </message>
    <message>
        <source>Attribution: address (optional)</source>
        <translation>Attribution : adresse (optionnel)</translation>
    </message>
    <message>
        <source>Attribution: text (optional)</source>
        <translation>Attribution : texte (optionnel)</translation>
    </message>
    <message>
        <source>Authentication</source>
        <translation>Authentification</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatique</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Retour</translation>
    </message>
    <message>
        <source>Base map</source>
        <translation>Fond de carte</translation>
    </message>
    <message>
        <source>Behind LIKE, ILIKE and ESCAPE stands a text in 'single quotes'.</source>
        <translation>LIKE, ILIKE et ESCAPE sont suivis d’un texte entre 'apostrophes'.</translation>
    </message>
    <message>
        <source>Being made</source>
        <translation>En préparation</translation>
    </message>
    <message>
        <source>Being taken off</source>
        <translation>En cours de retrait</translation>
    </message>
    <message>
        <source>Bio-geographical regions</source>
        <translation>Régions biogéographiques</translation>
    </message>
    <message>
        <source>Bottom level of the tiles</source>
        <translation>Niveau inférieur des tuiles</translation>
    </message>
    <message>
        <source>Boundaries</source>
        <translation>Limites</translation>
    </message>
    <message>
        <source>Box that features meet</source>
        <translation>Rectangle que les entités touchent</translation>
    </message>
    <message>
        <source>Bring revision NUMBER of NAME back; services follow.</source>
        <translation>Restaurer la révision NUMBER de NAME ; les services suivent.</translation>
    </message>
    <message>
        <source>Bring this version back</source>
        <translation>Revenir à cette version</translation>
    </message>
    <message>
        <source>Broken off: {name}</source>
        <translation>Interrompu : {name}</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>Parcourir…</translation>
    </message>
    <message>
        <source>Build the pyramid again.</source>
        <translation>Reconstruisez la pyramide.</translation>
    </message>
    <message>
        <source>Build them again from their data.</source>
        <translation>Recalculez-les à partir de leurs données.</translation>
    </message>
    <message>
        <source>Building the upper levels</source>
        <translation>Construction des niveaux supérieurs</translation>
    </message>
    <message>
        <source>Building tiles</source>
        <translation>Construction des tuiles</translation>
    </message>
    <message>
        <source>Buildings</source>
        <translation>Bâtiments</translation>
    </message>
    <message>
        <source>Buildings and structures</source>
        <translation>Bâtiments et constructions</translation>
    </message>
    <message>
        <source>bytes</source>
        <translation>octets</translation>
    </message>
    <message>
        <source>Cadastral parcels</source>
        <translation>Parcelles cadastrales</translation>
    </message>
    <message>
        <source>Call STYLE by another NAME; what requests call it stays.</source>
        <translation>Donner à STYLE un autre nom, NAME ; son nom dans les requêtes ne change pas.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annuler</translation>
    </message>
    <message>
        <source>Cancel the job</source>
        <translation>Annuler le traitement</translation>
    </message>
    <message>
        <source>Cancel “{name}”</source>
        <translation>Annuler « {name} »</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Annulé</translation>
    </message>
    <message>
        <source>Cancelled: {task}.</source>
        <translation>Opération annulée : {task}.</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>Annulation…</translation>
    </message>
    <message>
        <source>Capabilities</source>
        <translation>Capacités</translation>
    </message>
    <message>
        <source>Catalogue and files</source>
        <translation>Catalogue et fichiers</translation>
    </message>
    <message>
        <source>Change that user, or remove it first.</source>
        <translation>Modifiez cet utilisateur, ou supprimez-le d’abord.</translation>
    </message>
    <message>
        <source>Change the filter.</source>
        <translation>Modifiez le filtre.</translation>
    </message>
    <message>
        <source>Change the quotas of a datastore; 0 for none.</source>
        <translation>Changer les quotas d’un entrepôt ; 0 pour aucun.</translation>
    </message>
    <message>
        <source>Changed file</source>
        <translation>Fichier modifié</translation>
    </message>
    <message>
        <source>Changed rows</source>
        <translation>Lignes modifiées</translation>
    </message>
    <message>
        <source>changed since it was published</source>
        <translation>des changements depuis la publication</translation>
    </message>
    <message>
        <source>Changes that are not applied yet are not seen.</source>
        <translation>Les modifications pas encore appliquées ne sont pas vues.</translation>
    </message>
    <message>
        <source>Changing the styles…</source>
        <translation>Modification des styles…</translation>
    </message>
    <message>
        <source>Changing who may see a service changes its address, and ends the permissions given for it.</source>
        <translation>Changer l’accès à un service change son adresse et met fin aux permissions données pour lui.</translation>
    </message>
    <message>
        <source>Character set</source>
        <translation>Jeu de caractères</translation>
    </message>
    <message>
        <source>Check again</source>
        <translation>Vérifier à nouveau</translation>
    </message>
    <message>
        <source>Check its path and try again.</source>
        <translation>Vérifiez son chemin et recommencez.</translation>
    </message>
    <message>
        <source>Check layer</source>
        <translation>Vérifier une couche</translation>
    </message>
    <message>
        <source>Check that the right layer was exported.</source>
        <translation>Vérifiez que la bonne couche a été exportée.</translation>
    </message>
    <message>
        <source>Check the address and the network, then try again: what was already sent is kept.</source>
        <translation>Vérifiez l’adresse et le réseau, puis réessayez : ce qui est déjà envoyé est conservé.</translation>
    </message>
    <message>
        <source>Check the address of the server; it usually ends with /api.</source>
        <translation>Vérifiez l’adresse du serveur ; elle se termine d’ordinaire par /api.</translation>
    </message>
    <message>
        <source>Check the coordinate reference system of the data.</source>
        <translation>Vérifiez le système de coordonnées des données.</translation>
    </message>
    <message>
        <source>Check the data…</source>
        <translation>Vérifier les données…</translation>
    </message>
    <message>
        <source>Check the disk and try again.</source>
        <translation>Vérifiez le disque et réessayez.</translation>
    </message>
    <message>
        <source>Checking {table}</source>
        <translation>Vérification de {table}</translation>
    </message>
    <message>
        <source>Checks</source>
        <translation>Vérifications</translation>
    </message>
    <message>
        <source>Check…</source>
        <translation>Vérifier…</translation>
    </message>
    <message>
        <source>Choose a bottom level that is smaller by a few, or a smaller area.</source>
        <translation>Diminuez de quelques unités le dernier niveau, ou choisissez une zone plus petite.</translation>
    </message>
    <message>
        <source>Choose a file that holds a layer with points, lines or polygons.</source>
        <translation>Choisissez un fichier qui contient une couche de points, de lignes ou de polygones.</translation>
    </message>
    <message>
        <source>Choose a file with vector layers.</source>
        <translation>Choisissez un fichier avec des couches vectorielles.</translation>
    </message>
    <message>
        <source>Choose a file.</source>
        <translation>Choisissez un fichier.</translation>
    </message>
    <message>
        <source>Choose a folder that is empty or not there yet.</source>
        <translation>Choisissez un dossier vide ou qui n’existe pas encore.</translation>
    </message>
    <message>
        <source>Choose a longer one, such as four words at random.</source>
        <translation>Choisissez-en un plus long, par exemple quatre mots au hasard.</translation>
    </message>
    <message>
        <source>Choose a metadata file</source>
        <translation>Choisir un fichier de métadonnées</translation>
    </message>
    <message>
        <source>Choose a reference system that covers them, such as EPSG:4326.</source>
        <translation>Choisissez un système qui les couvre, comme EPSG:4326.</translation>
    </message>
    <message>
        <source>Choose a simpler style, or publish without WMS.</source>
        <translation>Choisissez un style plus simple, ou publiez sans WMS.</translation>
    </message>
    <message>
        <source>Choose a style</source>
        <translation>Choisir un style</translation>
    </message>
    <message>
        <source>Choose a style that was saved from a layer of this kind.</source>
        <translation>Choisissez un style enregistré depuis une couche de ce type.</translation>
    </message>
    <message>
        <source>Choose among them.</source>
        <translation>Choisissez parmi elles.</translation>
    </message>
    <message>
        <source>Choose among these, or * for all.</source>
        <translation>Choisissez parmi eux, ou * pour tous.</translation>
    </message>
    <message>
        <source>Choose another coordinate reference system.</source>
        <translation>Choisissez un autre système de coordonnées.</translation>
    </message>
    <message>
        <source>Choose another format.</source>
        <translation>Choisissez un autre format.</translation>
    </message>
    <message>
        <source>Choose another layer name, or the datasheet “{owner}” to update it.</source>
        <translation>Choisissez un autre nom de couche, ou la fiche « {owner} » pour la mettre à jour.</translation>
    </message>
    <message>
        <source>Choose another one if {target} is not what you want.</source>
        <translation>Choisissez-en un autre si {target} n’est pas ce que vous voulez.</translation>
    </message>
    <message>
        <source>Choose another style for the tiles; maps drawn by GeoPub are not concerned.</source>
        <translation>Choisissez un autre style pour les tuiles ; les cartes dessinées par GeoPub ne sont pas concernées.</translation>
    </message>
    <message>
        <source>Choose another style.</source>
        <translation>Choisissez un autre style.</translation>
    </message>
    <message>
        <source>Choose at least one table.</source>
        <translation>Choisissez au moins une table.</translation>
    </message>
    <message>
        <source>Choose attributes, or * for all.</source>
        <translation>Choisissez des attributs, ou * pour tous.</translation>
    </message>
    <message>
        <source>Choose one attribute at least.</source>
        <translation>Choisissez au moins un attribut.</translation>
    </message>
    <message>
        <source>Choose one of its tables: {names}.</source>
        <translation>Choisissez l’une de ses tables : {names}.</translation>
    </message>
    <message>
        <source>Choose one of the layers that GetCapabilities lists.</source>
        <translation>Choisissez l’une des couches que GetCapabilities énumère.</translation>
    </message>
    <message>
        <source>Choose one of them, or give flags such as -S10 -an.</source>
        <translation>Choisissez l’un d’eux, ou donnez des options telles que -S10 -an.</translation>
    </message>
    <message>
        <source>Choose one of these: {names}.</source>
        <translation>Choisissez parmi ceux-ci : {names}.</translation>
    </message>
    <message>
        <source>Choose one service at least.</source>
        <translation>Choisissez au moins un service.</translation>
    </message>
    <message>
        <source>Choose one table at least.</source>
        <translation>Choisissez au moins une table.</translation>
    </message>
    <message>
        <source>Choose one theme at least.</source>
        <translation>Choisissez au moins une thématique.</translation>
    </message>
    <message>
        <source>Choose or repair the configuration in Settings, Options, GeoPub.</source>
        <translation>Choisissez ou réparez la configuration dans Préférences, Options, GeoPub.</translation>
    </message>
    <message>
        <source>Choose other levels.</source>
        <translation>Choisissez d’autres niveaux.</translation>
    </message>
    <message>
        <source>Choose what to update.</source>
        <translation>Choisissez ce qu’il faut mettre à jour.</translation>
    </message>
    <message>
        <source>Click to update the publication.</source>
        <translation>Cliquez pour mettre à jour la publication.</translation>
    </message>
    <message>
        <source>Client identifier</source>
        <translation>Identifiant du client</translation>
    </message>
    <message>
        <source>Client secret</source>
        <translation>Secret du client</translation>
    </message>
    <message>
        <source>Climate, weather, atmosphere</source>
        <translation>Climat, météorologie, atmosphère</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Fermer</translation>
    </message>
    <message>
        <source>Close other programs or publish fewer features at a time, then start the execution again.</source>
        <translation>Fermez d’autres programmes ou publiez moins d’entités à la fois, puis relancez l’exécution.</translation>
    </message>
    <message>
        <source>Close other programs, then ask again.</source>
        <translation>Fermez d’autres programmes, puis redemandez.</translation>
    </message>
    <message>
        <source>Close other programs, then start again: what is done is kept.</source>
        <translation>Fermez d’autres programmes, puis recommencez : ce qui est fait est conservé.</translation>
    </message>
    <message>
        <source>Close other programs, then start the execution again.</source>
        <translation>Fermez d’autres programmes, puis relancez l’exécution.</translation>
    </message>
    <message>
        <source>Close the upload and wait for its checks.</source>
        <translation>Fermez la livraison et attendez ses vérifications.</translation>
    </message>
    <message>
        <source>Close what shows it, then start again; or choose another name.</source>
        <translation>Fermez ce qui l’affiche, puis recommencez ; ou choisissez un autre nom.</translation>
    </message>
    <message>
        <source>Collapsed geometries</source>
        <translation>Géométries effondrées</translation>
    </message>
    <message>
        <source>Collection of data sets</source>
        <translation>Collection de données</translation>
    </message>
    <message>
        <source>Collections</source>
        <translation>Collections</translation>
    </message>
    <message>
        <source>Column of another type</source>
        <translation>Colonne d’un autre type</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>Colonnes</translation>
    </message>
    <message>
        <source>columns added</source>
        <translation>colonnes ajoutées</translation>
    </message>
    <message>
        <source>columns changed</source>
        <translation>colonnes modifiées</translation>
    </message>
    <message>
        <source>Columns of the table “{table}” published under other names: {count}.</source>
        <translation>Colonnes de la table « {table} » publiées sous un autre nom : {count}.</translation>
    </message>
    <message>
        <source>Columns of the table “{table}” that change their type: {count}.</source>
        <translation>Colonnes de la table « {table} » qui changent de type : {count}.</translation>
    </message>
    <message>
        <source>Columns of “{name}” that have no name, or that of another one: {count}.</source>
        <translation>Colonnes de « {name} » sans nom, ou portant le nom d’une autre : {count}.</translation>
    </message>
    <message>
        <source>columns removed</source>
        <translation>colonnes supprimées</translation>
    </message>
    <message>
        <source>Columns without a name of their own</source>
        <translation>Colonnes sans nom propre</translation>
    </message>
    <message>
        <source>Common borders are simplified once for both sides: no gaps.</source>
        <translation>Les limites communes sont simplifiées une seule fois pour les deux côtés : aucun trou.</translation>
    </message>
    <message>
        <source>Compare (swipe)</source>
        <translation>Comparer (rideau)</translation>
    </message>
    <message>
        <source>Compare columns of the same kind.</source>
        <translation>Comparez des colonnes du même genre.</translation>
    </message>
    <message>
        <source>Compare each of them with a date or a time that you give.</source>
        <translation>Comparez chacune avec une date ou une heure que vous donnez.</translation>
    </message>
    <message>
        <source>Compare it with a number, such as 12 or 0.5.</source>
        <translation>Comparez-la avec un nombre, comme 12 ou 0.5.</translation>
    </message>
    <message>
        <source>Compare it with TRUE or FALSE.</source>
        <translation>Comparez-la avec TRUE ou FALSE.</translation>
    </message>
    <message>
        <source>Compare the revisions of the data that it is made of.</source>
        <translation>Comparez les révisions des données dont elle est faite.</translation>
    </message>
    <message>
        <source>Comparing with the previous revision</source>
        <translation>Comparaison avec la révision précédente</translation>
    </message>
    <message>
        <source>Comparing…</source>
        <translation>Comparaison…</translation>
    </message>
    <message>
        <source>Compute what it gives into an attribute of the table, and use that.</source>
        <translation>Calculez son résultat dans un attribut de la table, et utilisez celui-ci.</translation>
    </message>
    <message>
        <source>Compute what they give into attributes of the table, and use those.</source>
        <translation>Calculez leur résultat dans des attributs de la table, et utilisez ceux-ci.</translation>
    </message>
    <message>
        <source>Configurations of type “{type}” are not served here.</source>
        <translation>Les configurations de type « {type} » ne sont pas diffusées ici.</translation>
    </message>
    <message>
        <source>Conformance classes</source>
        <translation>Classes de conformité</translation>
    </message>
    <message>
        <source>Contact for the record (e-mail)</source>
        <translation>Contact pour la fiche (adresse électronique)</translation>
    </message>
    <message>
        <source>Contents</source>
        <translation>Sommaire</translation>
    </message>
    <message>
        <source>Continual</source>
        <translation>En continu</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Continuer</translation>
    </message>
    <message>
        <source>Coordinate reference system overridden</source>
        <translation>Système de coordonnées remplacé</translation>
    </message>
    <message>
        <source>Coordinate reference system without a code</source>
        <translation>Système de coordonnées sans code</translation>
    </message>
    <message>
        <source>Coordinate reference systems</source>
        <translation>Référentiels de coordonnées</translation>
    </message>
    <message>
        <source>Coordinate system</source>
        <translation>Système de coordonnées</translation>
    </message>
    <message>
        <source>Coordinate system, where the layer states none</source>
        <translation>Système de coordonnées, si la couche n’en indique pas</translation>
    </message>
    <message>
        <source>Coordinate system: {before} → {after}</source>
        <translation>Système de coordonnées : {before} → {after}</translation>
    </message>
    <message>
        <source>Coordinates cannot be brought from {source} to {target}.</source>
        <translation>Les coordonnées ne peuvent pas passer de {source} à {target}.</translation>
    </message>
    <message>
        <source>Copy link</source>
        <translation>Copier le lien</translation>
    </message>
    <message>
        <source>Copy report</source>
        <translation>Copier le rapport</translation>
    </message>
    <message>
        <source>Copy the address</source>
        <translation>Copier l’adresse</translation>
    </message>
    <message>
        <source>Copy the lines</source>
        <translation>Copier les lignes</translation>
    </message>
    <message>
        <source>Copy the log</source>
        <translation>Copier le journal</translation>
    </message>
    <message>
        <source>Copy the report (Details) and send it to the authors of GeoPub.</source>
        <translation>Copiez le rapport (Détails) et envoyez-le aux auteurs de GeoPub.</translation>
    </message>
    <message>
        <source>Correct the document, and send the request again.</source>
        <translation>Corrigez le document et renvoyez la requête.</translation>
    </message>
    <message>
        <source>Correct the filter, and send the request again.</source>
        <translation>Corrigez le filtre et renvoyez la requête.</translation>
    </message>
    <message>
        <source>Correct these lines.</source>
        <translation>Corrigez ces lignes.</translation>
    </message>
    <message>
        <source>Correct what is listed and publish again.</source>
        <translation>Corrigez ce qui est listé et publiez à nouveau.</translation>
    </message>
    <message>
        <source>Correct “sprite” in the style, or take it away.</source>
        <translation>Corrigez « sprite » dans le style, ou retirez-le.</translation>
    </message>
    <message>
        <source>Correct “styles” in the field “extra”.</source>
        <translation>Corrigez « styles » dans le champ « extra ».</translation>
    </message>
    <message>
        <source>CQL is for the OGC API of this service.</source>
        <translation>CQL est pour l’API OGC de ce service.</translation>
    </message>
    <message>
        <source>Creation date</source>
        <translation>Date de création</translation>
    </message>
    <message>
        <source>Current</source>
        <translation>Courant</translation>
    </message>
    <message>
        <source>current</source>
        <translation>actuelle</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>Courbes</translation>
    </message>
    <message>
        <source>Curves of the table “{table}” published as straight segments: {count}.</source>
        <translation>Courbes de la table « {table} » publiées en segments droits : {count}.</translation>
    </message>
    <message>
        <source>Daily</source>
        <translation>Chaque jour</translation>
    </message>
    <message>
        <source>Damaged archive</source>
        <translation>Archive endommagée</translation>
    </message>
    <message>
        <source>Damaged file</source>
        <translation>Fichier endommagé</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Données</translation>
    </message>
    <message>
        <source>data</source>
        <translation>données</translation>
    </message>
    <message>
        <source>Data ({state})</source>
        <translation>Données ({state})</translation>
    </message>
    <message>
        <source>Data do not show their current revision.</source>
        <translation>Des données ne montrent pas leur révision courante.</translation>
    </message>
    <message>
        <source>Data folder</source>
        <translation>Dossier de données</translation>
    </message>
    <message>
        <source>Data folder: {folder}</source>
        <translation>Dossier de données : {folder}</translation>
    </message>
    <message>
        <source>Data set</source>
        <translation>Jeu de données</translation>
    </message>
    <message>
        <source>Data, style or metadata</source>
        <translation>Données, style ou métadonnées</translation>
    </message>
    <message>
        <source>Datasheet</source>
        <translation>Fiche de données</translation>
    </message>
    <message>
        <source>Datasheet: {name}</source>
        <translation>Fiche de données : {name}</translation>
    </message>
    <message>
        <source>Datastore</source>
        <translation>Entrepôt</translation>
    </message>
    <message>
        <source>Declared coordinate reference system</source>
        <translation>Système de coordonnées déclaré</translation>
    </message>
    <message>
        <source>Definition of a service</source>
        <translation>Définition d’un service</translation>
    </message>
    <message>
        <source>Definition of the API</source>
        <translation>Définition de l’API</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Supprimer</translation>
    </message>
    <message>
        <source>Delete its offering first.</source>
        <translation>Supprimez d’abord son offre.</translation>
    </message>
    <message>
        <source>Delete that file first, or give another path.</source>
        <translation>Supprimez d’abord ce fichier, ou donnez un autre chemin.</translation>
    </message>
    <message>
        <source>Delete the datasheet…</source>
        <translation>Supprimer la fiche…</translation>
    </message>
    <message>
        <source>Delete the whole datasheet with its data</source>
        <translation>Supprimer toute la fiche avec ses données</translation>
    </message>
    <message>
        <source>Delete them, or draw their geometries.</source>
        <translation>Supprimez-les, ou dessinez leurs géométries.</translation>
    </message>
    <message>
        <source>Delete these features</source>
        <translation>Supprimer ces entités</translation>
    </message>
    <message>
        <source>Delete what is no longer needed there.</source>
        <translation>Supprimez-y ce qui n’est plus utile.</translation>
    </message>
    <message>
        <source>Delete “{name}”</source>
        <translation>Supprimer « {name} »</translation>
    </message>
    <message>
        <source>Delivered files</source>
        <translation>Fichiers livrés</translation>
    </message>
    <message>
        <source>DescribeFeatureType lists its properties.</source>
        <translation>DescribeFeatureType donne la liste de ses propriétés.</translation>
    </message>
    <message>
        <source>Description</source>
        <translation>Description</translation>
    </message>
    <message>
        <source>description</source>
        <translation>description</translation>
    </message>
    <message>
        <source>Description of the API</source>
        <translation>Description de l’API</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Détails</translation>
    </message>
    <message>
        <source>Diagrams are not drawn.</source>
        <translation>Les diagrammes ne sont pas dessinés.</translation>
    </message>
    <message>
        <source>Did you mean “{name}”? Text goes in 'single quotes'.</source>
        <translation>Vouliez-vous dire « {name} » ? Un texte s’écrit entre 'apostrophes'.</translation>
    </message>
    <message>
        <source>Did you mean “{nearest}”?</source>
        <translation>Vouliez-vous dire « {nearest} » ?</translation>
    </message>
    <message>
        <source>Different kinds of geometry</source>
        <translation>Différents genres de géométrie</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>Abandonner</translation>
    </message>
    <message>
        <source>Discard “{name}”</source>
        <translation>Abandonner « {name} »</translation>
    </message>
    <message>
        <source>Discard…</source>
        <translation>Abandonner…</translation>
    </message>
    <message>
        <source>Do not compare</source>
        <translation>Ne pas comparer</translation>
    </message>
    <message>
        <source>do what a line of JSON on stdin says</source>
        <translation>faire ce que dit une ligne de JSON sur l’entrée standard</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Terminé</translation>
    </message>
    <message>
        <source>Done: {title}</source>
        <translation>Terminé : {title}</translation>
    </message>
    <message>
        <source>Doubts about these settings? A sample is made in a moment; all tiles follow with one click.</source>
        <translation>Des doutes sur ces réglages ? Un échantillon est prêt en un instant ; un clic suffit ensuite pour générer toutes les tuiles.</translation>
    </message>
    <message>
        <source>Draw LAYER with STYLE where none is named.</source>
        <translation>Dessiner LAYER avec STYLE quand aucun n’est nommé.</translation>
    </message>
    <message>
        <source>Draw the area</source>
        <translation>Dessiner l’emprise</translation>
    </message>
    <message>
        <source>Draw the map with GetMap instead.</source>
        <translation>Faites plutôt dessiner la carte avec GetMap.</translation>
    </message>
    <message>
        <source>Draw them again in the source.</source>
        <translation>Dessinez-les à nouveau dans la source.</translation>
    </message>
    <message>
        <source>Draw them again, or delete them in the source.</source>
        <translation>Dessinez-les à nouveau, ou supprimez-les dans la source.</translation>
    </message>
    <message>
        <source>Draw with it from now on.</source>
        <translation>Dessiner désormais avec ce style.</translation>
    </message>
    <message>
        <source>Drawn from now on where no style is named; no address changes.</source>
        <translation>Utilisé désormais quand aucun style n’est nommé ; aucune adresse ne change.</translation>
    </message>
    <message>
        <source>e-mail</source>
        <translation>courriel</translation>
    </message>
    <message>
        <source>E-mail address</source>
        <translation>Adresse électronique</translation>
    </message>
    <message>
        <source>E-mail of the organisation</source>
        <translation>Adresse électronique de l’organisme</translation>
    </message>
    <message>
        <source>Each column needs a name of its own.</source>
        <translation>Chaque colonne a besoin d’un nom à elle.</translation>
    </message>
    <message>
        <source>Economy</source>
        <translation>Économie</translation>
    </message>
    <message>
        <source>Edits that are not saved yet will be published too.</source>
        <translation>Les modifications non enregistrées seront publiées aussi.</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>Modifier…</translation>
    </message>
    <message>
        <source>Elevation</source>
        <translation>Altitude</translation>
    </message>
    <message>
        <source>Empty file</source>
        <translation>Fichier vide</translation>
    </message>
    <message>
        <source>Empty geometries</source>
        <translation>Géométries vides</translation>
    </message>
    <message>
        <source>Empty geometries in the table “{table}”: {count}.</source>
        <translation>Géométries vides dans la table « {table} » : {count}.</translation>
    </message>
    <message>
        <source>Empty table</source>
        <translation>Table vide</translation>
    </message>
    <message>
        <source>Encrypted archive</source>
        <translation>Archive chiffrée</translation>
    </message>
    <message>
        <source>End the backend that was started, once all is published.</source>
        <translation>Arrêter le moteur qui a été démarré, une fois tout publié.</translation>
    </message>
    <message>
        <source>End the backend, then look again.</source>
        <translation>Arrêtez le moteur, puis regardez de nouveau.</translation>
    </message>
    <message>
        <source>Energy resources</source>
        <translation>Sources d’énergie</translation>
    </message>
    <message>
        <source>Environment</source>
        <translation>Environnement</translation>
    </message>
    <message>
        <source>Environmental monitoring facilities</source>
        <translation>Installations de suivi environnemental</translation>
    </message>
    <message>
        <source>Errors: {count}.</source>
        <translation>Erreurs : {count}.</translation>
    </message>
    <message>
        <source>ESCAPE takes one character, not “{given}”.</source>
        <translation>ESCAPE prend un seul caractère, et non « {given} ».</translation>
    </message>
    <message>
        <source>Every shape is simplified a little.</source>
        <translation>Toutes les formes sont un peu simplifiées.</translation>
    </message>
    <message>
        <source>Every technical name that is published there begins with it.</source>
        <translation>Chaque nom technique publié là-bas commence par lui.</translation>
    </message>
    <message>
        <source>Every three months</source>
        <translation>Tous les trois mois</translation>
    </message>
    <message>
        <source>Every two weeks</source>
        <translation>Toutes les deux semaines</translation>
    </message>
    <message>
        <source>Everybody</source>
        <translation>Tout public</translation>
    </message>
    <message>
        <source>Everybody in the network can open http://{address}:{port} and read what you publish, without a password, as long as QGIS is open. Nobody but you can change it. The firewall of this computer may ask you to allow it. Do not share in networks that you do not trust, such as that of a hotel.</source>
        <translation>Toute personne du réseau peut ouvrir http://{address}:{port} et lire ce que vous publiez, sans mot de passe, tant que QGIS est ouvert. Vous seul pouvez le modifier. Le pare-feu de cet ordinateur peut vous demander de l’autoriser. Ne partagez pas sur un réseau auquel vous ne vous fiez pas, comme celui d’un hôtel.</translation>
    </message>
    <message>
        <source>everything is kept</source>
        <translation>tout est conservé</translation>
    </message>
    <message>
        <source>Everything is ready.</source>
        <translation>Tout est prêt.</translation>
    </message>
    <message>
        <source>Everything of the datasheet “{name}” is deleted. This cannot be undone.</source>
        <translation>Tout ce que contient la fiche « {name} » est supprimé, définitivement.</translation>
    </message>
    <message>
        <source>Everything: QGIS and the maps of GeoPub draw with it.</source>
        <translation>Tout : QGIS et les cartes de GeoPub dessinent avec ce format.</translation>
    </message>
    <message>
        <source>Examining the style…</source>
        <translation>Examen du style…</translation>
    </message>
    <message>
        <source>Execution {identifier} cannot be aborted.</source>
        <translation>L’exécution {identifier} ne peut pas être arrêtée.</translation>
    </message>
    <message>
        <source>Execution {identifier} cannot be deleted.</source>
        <translation>L’exécution {identifier} ne peut pas être supprimée.</translation>
    </message>
    <message>
        <source>Execution {identifier} cannot be launched.</source>
        <translation>L’exécution {identifier} ne peut pas être lancée.</translation>
    </message>
    <message>
        <source>Execution {identifier} reads its files.</source>
        <translation>L’exécution {identifier} lit ses fichiers.</translation>
    </message>
    <message>
        <source>Execution {identifier} works on it, and has not ended yet.</source>
        <translation>L’exécution {identifier} y travaille et n’est pas encore terminée.</translation>
    </message>
    <message>
        <source>Execution {identifier} works on it.</source>
        <translation>L’exécution {identifier} y travaille.</translation>
    </message>
    <message>
        <source>Execution {other} is making the same data.</source>
        <translation>L’exécution {other} produit la même donnée.</translation>
    </message>
    <message>
        <source>Executions failed without a word in their log.</source>
        <translation>Des exécutions ont échoué sans un mot dans leur journal.</translation>
    </message>
    <message>
        <source>Export at least one vector layer into it.</source>
        <translation>Exportez-y au moins une couche vectorielle.</translation>
    </message>
    <message>
        <source>Export it again from its source. If there is no other copy: ogr2ogr new.gpkg old.gpkg saves what can be read.</source>
        <translation>Exportez-le à nouveau depuis sa source. S’il n’en existe pas d’autre copie : ogr2ogr nouveau.gpkg ancien.gpkg sauve ce qui peut être lu.</translation>
    </message>
    <message>
        <source>Export of “{layer}”</source>
        <translation>Export de « {layer} »</translation>
    </message>
    <message>
        <source>Export styles</source>
        <translation>Exporter les styles</translation>
    </message>
    <message>
        <source>Export the layer again and send the new file.</source>
        <translation>Exportez à nouveau la couche et envoyez le nouveau fichier.</translation>
    </message>
    <message>
        <source>Export the layer again from its source.</source>
        <translation>Exportez à nouveau la couche depuis sa source.</translation>
    </message>
    <message>
        <source>Exporting the layer</source>
        <translation>Export de la couche</translation>
    </message>
    <message>
        <source>Fail when a fault forbids publishing</source>
        <translation>Échouer si une anomalie interdit la publication</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>En échec</translation>
    </message>
    <message>
        <source>Failed: {task}.</source>
        <translation>Échec : {task}.</translation>
    </message>
    <message>
        <source>Farming</source>
        <translation>Agriculture</translation>
    </message>
    <message>
        <source>Faults</source>
        <translation>Anomalies</translation>
    </message>
    <message>
        <source>Faults that forbid it: {count}.</source>
        <translation>Anomalies qui l’interdisent : {count}.</translation>
    </message>
    <message>
        <source>Faults that forbid publishing: {count}.</source>
        <translation>Anomalies qui interdisent la publication : {count}.</translation>
    </message>
    <message>
        <source>Faulty</source>
        <translation>En erreur</translation>
    </message>
    <message>
        <source>Fauna and flora</source>
        <translation>Faune et flore</translation>
    </message>
    <message>
        <source>Features</source>
        <translation>Entités</translation>
    </message>
    <message>
        <source>features</source>
        <translation>entités</translation>
    </message>
    <message>
        <source>Features (OGC API)</source>
        <translation>Entités (OGC API)</translation>
    </message>
    <message>
        <source>Features (WFS)</source>
        <translation>Entités (WFS)</translation>
    </message>
    <message>
        <source>Features are drawn one by one, not grouped or merged.</source>
        <translation>Les entités sont dessinées une à une, ni groupées ni fusionnées.</translation>
    </message>
    <message>
        <source>Features as a page</source>
        <translation>Entités sur une page</translation>
    </message>
    <message>
        <source>Features as GeoJSON</source>
        <translation>Entités en GeoJSON</translation>
    </message>
    <message>
        <source>Features in all: {count}</source>
        <translation>Entités en tout : {count}</translation>
    </message>
    <message>
        <source>Features of a page; more than the greatest number means that</source>
        <translation>Entités par page ; au-delà du maximum, c’est le maximum</translation>
    </message>
    <message>
        <source>Features to pass over; the links of a page lead to the next</source>
        <translation>Entités à passer ; des liens mènent à la page suivante</translation>
    </message>
    <message>
        <source>Features without geometry</source>
        <translation>Entités sans géométrie</translation>
    </message>
    <message>
        <source>Features without geometry in the table “{table}”: {count}.</source>
        <translation>Entités sans géométrie dans la table « {table} » : {count}.</translation>
    </message>
    <message>
        <source>Fetch graphics that lie elsewhere once, and keep them with the style.</source>
        <translation>Télécharger une fois les images situées ailleurs, et les garder avec le style.</translation>
    </message>
    <message>
        <source>Files are not what was stored.</source>
        <translation>Des fichiers ne sont pas ce qui a été stocké.</translation>
    </message>
    <message>
        <source>Files belong to nothing in the catalogue.</source>
        <translation>Des fichiers n’appartiennent à rien dans le catalogue.</translation>
    </message>
    <message>
        <source>Files have not the size that the catalogue notes.</source>
        <translation>Des fichiers n’ont pas la taille que le catalogue indique.</translation>
    </message>
    <message>
        <source>Files of the catalogue are missing.</source>
        <translation>Des fichiers du catalogue manquent.</translation>
    </message>
    <message>
        <source>Files on their way in have lost bytes.</source>
        <translation>Des fichiers en cours de réception ont perdu des octets.</translation>
    </message>
    <message>
        <source>Files that were written, one a line</source>
        <translation>Fichiers écrits, un par ligne</translation>
    </message>
    <message>
        <source>Filter in CQL2</source>
        <translation>Filtre en CQL2</translation>
    </message>
    <message>
        <source>Filters of this service do not know “{name}”.</source>
        <translation>Les filtres de ce service ne connaissent pas « {name} ».</translation>
    </message>
    <message>
        <source>Findings: {count}.</source>
        <translation>Constats : {count}.</translation>
    </message>
    <message>
        <source>First level</source>
        <translation>Premier niveau</translation>
    </message>
    <message>
        <source>First level: {level}</source>
        <translation>Premier niveau : {level}</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Dossier</translation>
    </message>
    <message>
        <source>For</source>
        <translation>Pour</translation>
    </message>
    <message>
        <source>For example: {names}</source>
        <translation>Par exemple : {names}</translation>
    </message>
    <message>
        <source>For projects in which none is chosen. These are the XYZ connections of QGIS's Browser; their server is told which places you look at.</source>
        <translation>Pour les projets où aucun n’est choisi. Ce sont les connexions XYZ de l’explorateur de QGIS ; leur serveur apprend quels lieux vous regardez.</translation>
    </message>
    <message>
        <source>For your community until</source>
        <translation>Pour votre communauté jusqu’au</translation>
    </message>
    <message>
        <source>For: {geometry}</source>
        <translation>Pour : {geometry}</translation>
    </message>
    <message>
        <source>Form of the answer</source>
        <translation>Forme de la réponse</translation>
    </message>
    <message>
        <source>Formats</source>
        <translation>Formats</translation>
    </message>
    <message>
        <source>Four numbers are needed: lower corner, upper corner.</source>
        <translation>Quatre nombres sont nécessaires : coin inférieur, coin supérieur.</translation>
    </message>
    <message>
        <source>Four numbers with commas between them are needed.</source>
        <translation>Il faut quatre nombres séparés par des virgules.</translation>
    </message>
    <message>
        <source>Free keywords (optional)</source>
        <translation>Mots clés libres (optionnel)</translation>
    </message>
    <message>
        <source>from</source>
        <translation>de</translation>
    </message>
    <message>
        <source>From a file</source>
        <translation>D’un fichier</translation>
    </message>
    <message>
        <source>From a file (ISO 19139)</source>
        <translation>D’un fichier (ISO 19139)</translation>
    </message>
    <message>
        <source>From a layer of the project</source>
        <translation>D’une couche du projet</translation>
    </message>
    <message>
        <source>From a record of the store</source>
        <translation>D’une fiche de l’entrepôt</translation>
    </message>
    <message>
        <source>From afar, areas follow a grid; the territory stays covered.</source>
        <translation>De loin, les surfaces suivent une grille ; le territoire reste couvert.</translation>
    </message>
    <message>
        <source>From the layer and the project</source>
        <translation>De la couche et du projet</translation>
    </message>
    <message>
        <source>From {west}, {south} to {east}, {north} degrees</source>
        <translation>De {west} ; {south} à {east} ; {north} degrés</translation>
    </message>
    <message>
        <source>GB</source>
        <translation>Go</translation>
    </message>
    <message>
        <source>GDAL says: {reason}.</source>
        <translation>GDAL dit : {reason}.</translation>
    </message>
    <message>
        <source>Generalisation</source>
        <translation>Généralisation</translation>
    </message>
    <message>
        <source>Generate vector tiles</source>
        <translation>Générer des tuiles vectorielles</translation>
    </message>
    <message>
        <source>Geographical grid systems</source>
        <translation>Systèmes de maillage géographique</translation>
    </message>
    <message>
        <source>Geographical names</source>
        <translation>Dénominations géographiques</translation>
    </message>
    <message>
        <source>GeoJSON</source>
        <translation>du GeoJSON</translation>
    </message>
    <message>
        <source>Geology</source>
        <translation>Géologie</translation>
    </message>
    <message>
        <source>Geometries of the table “{table}” outside of {target}: {count}. Their features stay, without a geometry.</source>
        <translation>Géométries de la table « {table} » hors de {target} : {count}. Leurs entités restent, sans géométrie.</translation>
    </message>
    <message>
        <source>Geometries outside of the reference system</source>
        <translation>Géométries hors du système de coordonnées</translation>
    </message>
    <message>
        <source>Geometry</source>
        <translation>Géométrie</translation>
    </message>
    <message>
        <source>GeoPackages are damaged.</source>
        <translation>Des GeoPackages sont endommagés.</translation>
    </message>
    <message>
        <source>GeoPackages have other tables or other numbers of rows than the catalogue notes.</source>
        <translation>Des GeoPackages ont d’autres tables ou un autre nombre de lignes que le catalogue n’indique.</translation>
    </message>
    <message>
        <source>GeoPub answers at {url}</source>
        <translation>GeoPub répond sur {url}</translation>
    </message>
    <message>
        <source>GeoPub cannot open it.</source>
        <translation>GeoPub ne peut pas l’ouvrir.</translation>
    </message>
    <message>
        <source>GeoPub could not answer because of an error of its own. Its log says more.</source>
        <translation>GeoPub n’a pas pu répondre à cause d’une erreur interne. Son journal en dit plus.</translation>
    </message>
    <message>
        <source>GeoPub fetches nothing from elsewhere when it draws.</source>
        <translation>GeoPub ne va rien chercher ailleurs quand il dessine.</translation>
    </message>
    <message>
        <source>GeoPub is not installed completely.</source>
        <translation>GeoPub n’est pas installé en entier.</translation>
    </message>
    <message>
        <source>GeoPub knows -S with a number above 0, -D with a number from 1 to 12, and {switches}.</source>
        <translation>GeoPub connaît -S suivi d’un nombre supérieur à 0, -D suivi d’un nombre de 1 à 12, et {switches}.</translation>
    </message>
    <message>
        <source>GeoPub panel</source>
        <translation>Panneau GeoPub</translation>
    </message>
    <message>
        <source>GeoPub publishes features: points, lines and polygons.</source>
        <translation>GeoPub publie des entités : des points, des lignes et des polygones.</translation>
    </message>
    <message>
        <source>GeoPub reads SLD 1.0.0 and 1.1.0.</source>
        <translation>GeoPub lit les SLD 1.0.0 et 1.1.0.</translation>
    </message>
    <message>
        <source>GeoPub serves glyphs itself; sprites can be published beside the style.</source>
        <translation>GeoPub sert lui-même les glyphes ; les sprites peuvent être publiés à côté du style.</translation>
    </message>
    <message>
        <source>GeoPub {newer} has written it; this is GeoPub {version}.</source>
        <translation>GeoPub {newer} l’a écrit ; celui-ci est GeoPub {version}.</translation>
    </message>
    <message>
        <source>GeoPub – user guide</source>
        <translation>GeoPub – guide de l’utilisateur</translation>
    </message>
    <message>
        <source>GeoPub's publishing engine did not start.</source>
        <translation>Le moteur de publication de GeoPub n’a pas démarré.</translation>
    </message>
    <message>
        <source>GeoPub's publishing engine ended by itself.</source>
        <translation>Le moteur de publication de GeoPub s’est arrêté de lui-même.</translation>
    </message>
    <message>
        <source>GeoPub's publishing engine was stopped.</source>
        <translation>Le moteur de publication de GeoPub a été arrêté.</translation>
    </message>
    <message>
        <source>GeoPub: published services</source>
        <translation>GeoPub : services publiés</translation>
    </message>
    <message>
        <source>GeoPub: “{name}” has failed</source>
        <translation>GeoPub : « {name} » a échoué</translation>
    </message>
    <message>
        <source>GeoPub: “{name}” is ready</source>
        <translation>GeoPub : « {name} » est prêt</translation>
    </message>
    <message>
        <source>GeoPub: “{name}” was aborted</source>
        <translation>GeoPub : « {name} » a été interrompu</translation>
    </message>
    <message>
        <source>Geosciences</source>
        <translation>Géosciences</translation>
    </message>
    <message>
        <source>Give --layer once for each table, in the order of --table.</source>
        <translation>Donnez --layer une fois par table, dans l’ordre de --table.</translation>
    </message>
    <message>
        <source>Give --{one} or --{other}, not both.</source>
        <translation>Donnez --{one} ou --{other}, pas les deux.</translation>
    </message>
    <message>
        <source>Give 127.0.0.1 to serve this computer only, or one of its own addresses.</source>
        <translation>Donnez 127.0.0.1 pour ne servir que cet ordinateur, ou l’une de ses adresses.</translation>
    </message>
    <message>
        <source>Give a folder that you may write with --data or GEOPUB_DATA.</source>
        <translation>Donnez un dossier où vous pouvez écrire, avec --data ou GEOPUB_DATA.</translation>
    </message>
    <message>
        <source>Give a folder that you may write.</source>
        <translation>Donnez un dossier où vous pouvez écrire.</translation>
    </message>
    <message>
        <source>Give a longitude and a latitude, such as 2.35,48.85.</source>
        <translation>Donnez une longitude et une latitude, comme 2.35,48.85.</translation>
    </message>
    <message>
        <source>Give a Mapbox style.</source>
        <translation>Donnez un style Mapbox.</translation>
    </message>
    <message>
        <source>Give a name that ends so, or with / for a folder.</source>
        <translation>Donnez un nom qui se termine ainsi, ou par / pour un dossier.</translation>
    </message>
    <message>
        <source>Give a number from {low} to {high}.</source>
        <translation>Donnez un nombre de {low} à {high}.</translation>
    </message>
    <message>
        <source>Give a POLYGON or a MULTIPOLYGON with longitudes and latitudes (EPSG:4326).</source>
        <translation>Donnez un POLYGON ou un MULTIPOLYGON en longitudes et latitudes (EPSG:4326).</translation>
    </message>
    <message>
        <source>Give a published layer or a technical name.</source>
        <translation>Indiquez une couche publiée ou un nom technique.</translation>
    </message>
    <message>
        <source>Give a shorter text or a smaller number.</source>
        <translation>Donnez un texte plus court ou un nombre plus petit.</translation>
    </message>
    <message>
        <source>Give a top_level and a bottom_level among these, the top one first.</source>
        <translation>Donnez un top_level et un bottom_level parmi ceux-ci, le plus petit d’abord.</translation>
    </message>
    <message>
        <source>Give a user another password, and end every sign-in with the former one.</source>
        <translation>Donner un autre mot de passe à un utilisateur, et mettre fin à toute connexion faite avec l’ancien.</translation>
    </message>
    <message>
        <source>Give a VECTOR-DB that is GENERATED.</source>
        <translation>Donnez une VECTOR-DB qui soit GENERATED.</translation>
    </message>
    <message>
        <source>Give a whole number from 0 to {last}.</source>
        <translation>Donnez un nombre entier de 0 à {last}.</translation>
    </message>
    <message>
        <source>Give a whole number from 1.</source>
        <translation>Donnez un nombre entier à partir de 1.</translation>
    </message>
    <message>
        <source>Give a whole number of hours from 1 to {most}.</source>
        <translation>Donnez un nombre entier d’heures, de 1 à {most}.</translation>
    </message>
    <message>
        <source>Give an area to limit where.</source>
        <translation>Donnez une emprise pour limiter le lieu.</translation>
    </message>
    <message>
        <source>Give an empty or a new folder.</source>
        <translation>Donnez un dossier vide ou nouveau.</translation>
    </message>
    <message>
        <source>Give an endpoint of type METADATA that the datastore lists.</source>
        <translation>Donnez un point d’accès de type METADATA que l’entrepôt énumère.</translation>
    </message>
    <message>
        <source>Give an ISO 19139 document with gmd:fileIdentifier.</source>
        <translation>Donnez un document ISO 19139 avec gmd:fileIdentifier.</translation>
    </message>
    <message>
        <source>Give an ISO 19139 document: gmd:MD_Metadata.</source>
        <translation>Donnez un document ISO 19139 : gmd:MD_Metadata.</translation>
    </message>
    <message>
        <source>Give another fileIdentifier, or replace that record's document.</source>
        <translation>Donnez un autre fileIdentifier, ou remplacez le document de cette fiche.</translation>
    </message>
    <message>
        <source>Give another fileIdentifier.</source>
        <translation>Donnez un autre fileIdentifier.</translation>
    </message>
    <message>
        <source>Give another layer_name, or modify that configuration.</source>
        <translation>Donnez un autre layer_name, ou modifiez cette configuration.</translation>
    </message>
    <message>
        <source>Give another layer_name.</source>
        <translation>Donnez un autre layer_name.</translation>
    </message>
    <message>
        <source>Give another login or hash.</source>
        <translation>Donnez un autre identifiant ou un autre hash.</translation>
    </message>
    <message>
        <source>Give another name, or edit that style.</source>
        <translation>Donnez un autre nom, ou modifiez ce style.</translation>
    </message>
    <message>
        <source>Give another name.</source>
        <translation>Donnez un autre nom.</translation>
    </message>
    <message>
        <source>Give another path, or replace that file.</source>
        <translation>Donnez un autre chemin, ou remplacez ce fichier.</translation>
    </message>
    <message>
        <source>Give another port with --port, or 0 to take any that is free.</source>
        <translation>Donnez un autre port avec --port, ou 0 pour en prendre un qui soit libre.</translation>
    </message>
    <message>
        <source>Give another public_name.</source>
        <translation>Donnez un autre public_name.</translation>
    </message>
    <message>
        <source>Give another value with --{option} or in the environment variable {variable}.</source>
        <translation>Donnez une autre valeur avec --{option} ou dans la variable d’environnement {variable}.</translation>
    </message>
    <message>
        <source>Give both the text and the address of the attribution, or neither.</source>
        <translation>Donnez le texte et l’adresse de l’attribution, ou aucun des deux.</translation>
    </message>
    <message>
        <source>Give degrees: west and south first, and smaller; or leave bbox out, and it is computed.</source>
        <translation>Donnez des degrés : ouest et sud d’abord, et plus petits ; ou omettez bbox, elle sera calculée.</translation>
    </message>
    <message>
        <source>Give each data folder a database of its own.</source>
        <translation>Donnez à chaque dossier de données sa propre base de données.</translation>
    </message>
    <message>
        <source>Give each table its own public_name.</source>
        <translation>Donnez à chaque table son propre public_name.</translation>
    </message>
    <message>
        <source>Give format, url and type.</source>
        <translation>Donnez format, url et type.</translation>
    </message>
    <message>
        <source>Give it a name that no other style of the service has.</source>
        <translation>Donnez-lui un nom qu’aucun autre style du service ne porte.</translation>
    </message>
    <message>
        <source>Give it in the body of the request.</source>
        <translation>Donnez-le dans le corps de la requête.</translation>
    </message>
    <message>
        <source>Give it once.</source>
        <translation>Donnez-le une seule fois.</translation>
    </message>
    <message>
        <source>Give it with a name, or with the id of what is to be updated.</source>
        <translation>Donnez-le avec un nom, ou avec l’identifiant de ce qui doit être mis à jour.</translation>
    </message>
    <message>
        <source>Give it without quotes, as 0 or 12.</source>
        <translation>Donnez-le sans guillemets, comme 0 ou 12.</translation>
    </message>
    <message>
        <source>Give metres: “m”.</source>
        <translation>Donnez des mètres : « m ».</translation>
    </message>
    <message>
        <source>Give one of the endpoints that the datastore lists.</source>
        <translation>Donnez l’un des points d’accès que l’entrepôt énumère.</translation>
    </message>
    <message>
        <source>Give one of the two.</source>
        <translation>Donnez l’un des deux.</translation>
    </message>
    <message>
        <source>Give one of: {choices}.</source>
        <translation>Donnez l’un de ceux-ci : {choices}.</translation>
    </message>
    <message>
        <source>Give one of: {names}.</source>
        <translation>Donnez l’un de ceux-ci : {names}.</translation>
    </message>
    <message>
        <source>Give one of: {types}.</source>
        <translation>Donnez l’un de ceux-ci : {types}.</translation>
    </message>
    <message>
        <source>Give QGIS's master password, or look at Settings, Options, Authentication.</source>
        <translation>Donnez le mot de passe principal de QGIS, ou voyez Préférences, Options, Authentification.</translation>
    </message>
    <message>
        <source>Give some of: {names}.</source>
        <translation>Donnez-en parmi : {names}.</translation>
    </message>
    <message>
        <source>Give that community another supervisor first.</source>
        <translation>Donnez d’abord un autre superviseur à cette communauté.</translation>
    </message>
    <message>
        <source>Give that file alone, or one QML or SLD for each table.</source>
        <translation>Donnez ce fichier seul, ou un QML ou SLD par table.</translation>
    </message>
    <message>
        <source>Give the code of another one, such as EPSG:2154 or EPSG:4326.</source>
        <translation>Donnez le code d’un autre, par exemple EPSG:2154 ou EPSG:4326.</translation>
    </message>
    <message>
        <source>Give the community another supervisor first.</source>
        <translation>Donnez d’abord un autre superviseur à la communauté.</translation>
    </message>
    <message>
        <source>Give the database that belongs to the folder, or a new folder.</source>
        <translation>Donnez la base de données qui va avec ce dossier, ou un nouveau dossier.</translation>
    </message>
    <message>
        <source>Give the file that was being sent.</source>
        <translation>Donnez le fichier qui était en cours d’envoi.</translation>
    </message>
    <message>
        <source>Give the file's name, as ?path=data/roads.gpkg.</source>
        <translation>Donnez le nom du fichier, par exemple ?path=data/routes.gpkg.</translation>
    </message>
    <message>
        <source>Give the folder of a backend with --data or GEOPUB_DATA.</source>
        <translation>Donnez le dossier d’un moteur avec --data ou GEOPUB_DATA.</translation>
    </message>
    <message>
        <source>Give the identifier of one of them.</source>
        <translation>Donnez l’identifiant de l’un d’entre eux.</translation>
    </message>
    <message>
        <source>Give the ids of datastores.</source>
        <translation>Indiquez des identifiants d’entrepôts.</translation>
    </message>
    <message>
        <source>Give the ids of users.</source>
        <translation>Indiquez des identifiants d’utilisateurs.</translation>
    </message>
    <message>
        <source>Give the same file, or publish this one anew.</source>
        <translation>Donnez le même fichier, ou publiez celui-ci comme nouveau.</translation>
    </message>
    <message>
        <source>Give the type “email”.</source>
        <translation>Donnez le type « email ».</translation>
    </message>
    <message>
        <source>Give them a symbol, or remove them.</source>
        <translation>Donnez-leur un symbole, ou supprimez-les.</translation>
    </message>
    <message>
        <source>Give them names in the first line.</source>
        <translation>Nommez-les dans la première ligne.</translation>
    </message>
    <message>
        <source>Give these another style, or delete them first.</source>
        <translation>Donnez-leur un autre style, ou supprimez-les d’abord.</translation>
    </message>
    <message>
        <source>Give true or false.</source>
        <translation>Donnez true ou false.</translation>
    </message>
    <message>
        <source>Give “offerings”.</source>
        <translation>Donnez « offerings ».</translation>
    </message>
    <message>
        <source>Give “users” or “communities”.</source>
        <translation>Donnez « users » ou « communities ».</translation>
    </message>
    <message>
        <source>GML</source>
        <translation>du GML</translation>
    </message>
    <message>
        <source>Go on with integrations that were interrupted, or say which there are.</source>
        <translation>Reprendre les intégrations interrompues, ou dire lesquelles le sont.</translation>
    </message>
    <message>
        <source>Graphics of the style that are files of one computer: {count}.</source>
        <translation>Images du style qui sont des fichiers d’un seul ordinateur : {count}.</translation>
    </message>
    <message>
        <source>Graphics of the style that cannot be packed in: {count}.</source>
        <translation>Images du style qui ne peuvent pas être intégrées : {count}.</translation>
    </message>
    <message>
        <source>Graphics of the style that lie outside of it: {count}.</source>
        <translation>Images du style qui se trouvent en dehors de lui : {count}.</translation>
    </message>
    <message>
        <source>Graphics that were packed into the style: {count}.</source>
        <translation>Images intégrées au style : {count}.</translation>
    </message>
    <message>
        <source>Géoplateforme</source>
        <translation>Géoplateforme</translation>
    </message>
    <message>
        <source>Géoplateforme (cartes.gouv.fr)</source>
        <translation>Géoplateforme (cartes.gouv.fr)</translation>
    </message>
    <message>
        <source>Habitats and biotopes</source>
        <translation>Habitats et biotopes</translation>
    </message>
    <message>
        <source>Harmonise areas</source>
        <translation>Harmonisation de données surfaciques</translation>
    </message>
    <message>
        <source>Have the view leave these rows out, or save it as a table in QGIS (Export ▸ Save Features As…).</source>
        <translation>Faites exclure ces lignes par la vue, ou enregistrez-la comme table dans QGIS (Exporter ▸ Sauvegarder les entités sous…).</translation>
    </message>
    <message>
        <source>Health</source>
        <translation>Santé</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Aide</translation>
    </message>
    <message>
        <source>Here it must begin with “{prefix}.”, followed by a name.</source>
        <translation>Ici, il doit commencer par « {prefix}. », suivi d’un nom.</translation>
    </message>
    <message>
        <source>How many services may be published.</source>
        <translation>Combien de services peuvent être publiés.</translation>
    </message>
    <message>
        <source>How much it may hold.</source>
        <translation>Combien il peut contenir.</translation>
    </message>
    <message>
        <source>How the maps are drawn. A style is checked as soon as it is chosen.</source>
        <translation>Comment les cartes sont dessinées. Un style est vérifié dès qu’il est choisi.</translation>
    </message>
    <message>
        <source>Human health and safety</source>
        <translation>Santé et sécurité des personnes</translation>
    </message>
    <message>
        <source>Hydrography</source>
        <translation>Hydrographie</translation>
    </message>
    <message>
        <source>Identifiers are those of the features that GetFeature sends.</source>
        <translation>Les identifiants sont ceux des entités que GetFeature envoie.</translation>
    </message>
    <message>
        <source>If the file is wrong about itself, set the right reference system on the layer in QGIS and export again.</source>
        <translation>Si le fichier se trompe sur lui-même, définissez le bon système sur la couche dans QGIS et exportez à nouveau.</translation>
    </message>
    <message>
        <source>If they matter, copy them into a column.</source>
        <translation>Si elles comptent, copiez-les dans une colonne.</translation>
    </message>
    <message>
        <source>Imagery, base maps, land cover</source>
        <translation>Imagerie, fonds de carte, occupation des terres</translation>
    </message>
    <message>
        <source>Implausible coordinates</source>
        <translation>Coordonnées invraisemblables</translation>
    </message>
    <message>
        <source>In progress</source>
        <translation>En cours</translation>
    </message>
    <message>
        <source>In QGIS, convert it to polygons (“Multipart to singleparts”), then try again.</source>
        <translation>Dans QGIS, convertissez-la en polygones (« De morceaux multiples à morceaux uniques »), puis réessayez.</translation>
    </message>
    <message>
        <source>In QGIS, load this QML on the layer and choose the layer instead of the file: QGIS writes its style as SLD. Or give an SLD file.</source>
        <translation>Dans QGIS, chargez ce QML sur la couche et choisissez la couche au lieu du fichier : QGIS écrit son style en SLD. Ou donnez un fichier SLD.</translation>
    </message>
    <message>
        <source>In QGIS, run “Segmentize by maximum distance” on it, or publish it: integration straightens curves.</source>
        <translation>Dans QGIS, appliquez-lui « Segmenter par distance maximale », ou publiez-la : l’intégration redresse les courbes.</translation>
    </message>
    <message>
        <source>In QGIS, save the layer as GeoPackage, then try again.</source>
        <translation>Dans QGIS, enregistrez la couche en GeoPackage, puis réessayez.</translation>
    </message>
    <message>
        <source>In QGIS, save the style of a vector layer with its symbology.</source>
        <translation>Dans QGIS, enregistrez le style d’une couche vecteur avec sa symbologie.</translation>
    </message>
    <message>
        <source>In QGIS: layer properties, Style, Save Style, and choose QML or SLD.</source>
        <translation>Dans QGIS : propriétés de la couche, Style, Enregistrer le style, puis choisissez QML ou SLD.</translation>
    </message>
    <message>
        <source>In the web browser</source>
        <translation>Dans le navigateur web</translation>
    </message>
    <message>
        <source>Incomplete shapefile</source>
        <translation>Shapefile incomplet</translation>
    </message>
    <message>
        <source>Indexing {table}</source>
        <translation>Indexation de {table}</translation>
    </message>
    <message>
        <source>INFO {table}: {count} features, {type}, {srs}</source>
        <translation>INFO {table} : {count} entités, {type}, {srs}</translation>
    </message>
    <message>
        <source>Inland waters</source>
        <translation>Eaux intérieures</translation>
    </message>
    <message>
        <source>INSPIRE keywords (optional)</source>
        <translation>Mots clés INSPIRE (optionnel)</translation>
    </message>
    <message>
        <source>Install GeoPub again; `geopub doctor` shows what is missing.</source>
        <translation>Réinstallez GeoPub ; `geopub doctor` montre ce qui manque.</translation>
    </message>
    <message>
        <source>Install geopub with its extra “server”, or let the issuer be asked (setting openid_client).</source>
        <translation>Installez geopub avec son extra « server », ou faites interroger l’émetteur (réglage openid_client).</translation>
    </message>
    <message>
        <source>Install python3-gdal; it comes with QGIS.</source>
        <translation>Installez python3-gdal ; il vient avec QGIS.</translation>
    </message>
    <message>
        <source>Install python3-numpy; it comes with QGIS.</source>
        <translation>Installez python3-numpy ; il vient avec QGIS.</translation>
    </message>
    <message>
        <source>Install python3-pyproj; it comes with QGIS.</source>
        <translation>Installez python3-pyproj ; il vient avec QGIS.</translation>
    </message>
    <message>
        <source>Install QGIS with its Python bindings (Debian and Ubuntu: apt install qgis python3-qgis).</source>
        <translation>Installez QGIS avec ses modules Python (Debian et Ubuntu : apt install qgis python3-qgis).</translation>
    </message>
    <message>
        <source>integrated</source>
        <translation>intégré</translation>
    </message>
    <message>
        <source>Integrating {table}</source>
        <translation>Intégration de {table}</translation>
    </message>
    <message>
        <source>Integration</source>
        <translation>Intégration</translation>
    </message>
    <message>
        <source>interrupted {step}</source>
        <translation>interrompu {step}</translation>
    </message>
    <message>
        <source>Invalid geometries</source>
        <translation>Géométries invalides</translation>
    </message>
    <message>
        <source>Invalid geometries repaired in the table “{table}”: {count}.</source>
        <translation>Géométries invalides réparées dans la table « {table} » : {count}.</translation>
    </message>
    <message>
        <source>Inverted polygons are not drawn.</source>
        <translation>Les polygones inversés ne sont pas dessinés.</translation>
    </message>
    <message>
        <source>Irregular</source>
        <translation>Irrégulière</translation>
    </message>
    <message>
        <source>It calls functions that could read files or settings of the server: {names}.</source>
        <translation>Il appelle des fonctions qui pourraient lire des fichiers ou des réglages du serveur : {names}.</translation>
    </message>
    <message>
        <source>It calls itself “{name}”.</source>
        <translation>Il se nomme « {name} ».</translation>
    </message>
    <message>
        <source>It can contain only a-z, A-Z, 0-9, _, - and .</source>
        <translation>Il ne peut contenir que a-z, A-Z, 0-9, _, - et .</translation>
    </message>
    <message>
        <source>It cannot contain {character}: only a-z, A-Z, 0-9, _, - and . are allowed.</source>
        <translation>Il ne peut pas contenir {character} : seuls a-z, A-Z, 0-9, _, - et . sont permis.</translation>
    </message>
    <message>
        <source>It carries no valid token.</source>
        <translation>Elle ne porte aucun jeton valable.</translation>
    </message>
    <message>
        <source>It compares dates with times: a date is a day in no time zone, a time is a moment.</source>
        <translation>Il compare des dates avec des instants : une date est un jour sans fuseau horaire, l’autre un moment précis.</translation>
    </message>
    <message>
        <source>It compares values of different kinds.</source>
        <translation>Il compare des valeurs de natures différentes.</translation>
    </message>
    <message>
        <source>It could read files or settings of the server, so published styles may not call it.</source>
        <translation>Elle pourrait lire des fichiers ou des réglages du serveur : un style publié ne peut pas l’appeler.</translation>
    </message>
    <message>
        <source>It decides what is drawn.</source>
        <translation>Il décide de ce qui est dessiné.</translation>
    </message>
    <message>
        <source>It did not get ready in {seconds} seconds.</source>
        <translation>Il n’a pas été prêt en {seconds} secondes.</translation>
    </message>
    <message>
        <source>It does not lie between -180 and 180 degrees of longitude and -90 and 90 of latitude.</source>
        <translation>Elle n’est pas comprise entre -180 et 180 degrés de longitude et -90 et 90 de latitude.</translation>
    </message>
    <message>
        <source>It does not start as an SQLite database with a list of contents does.</source>
        <translation>Il ne commence pas comme une base SQLite avec une liste de contenus.</translation>
    </message>
    <message>
        <source>It ended at once.</source>
        <translation>Il s’est arrêté aussitôt.</translation>
    </message>
    <message>
        <source>It ends where more is needed.</source>
        <translation>Il s’arrête là où il manque quelque chose.</translation>
    </message>
    <message>
        <source>It excludes filter.</source>
        <translation>Il exclut filter.</translation>
    </message>
    <message>
        <source>It excludes resourceId.</source>
        <translation>Il exclut resourceId.</translation>
    </message>
    <message>
        <source>It goes from {west}, {south} to {east}, {north}.</source>
        <translation>Elle va de {west}, {south} à {east}, {north}.</translation>
    </message>
    <message>
        <source>It has 1 to {count} characters.</source>
        <translation>Elle a de 1 à {count} caractères.</translation>
    </message>
    <message>
        <source>It has changed since, or is another one.</source>
        <translation>Il a changé depuis, ou c’en est un autre.</translation>
    </message>
    <message>
        <source>It has ended, or it is not complete.</source>
        <translation>Il a expiré, ou il n’est pas complet.</translation>
    </message>
    <message>
        <source>It has more than {count} bytes.</source>
        <translation>Il a plus de {count} octets.</translation>
    </message>
    <message>
        <source>It has more than {count} comparisons.</source>
        <translation>Il a plus de {count} comparaisons.</translation>
    </message>
    <message>
        <source>It has no address to which a code is sent, and no user as whom it acts.</source>
        <translation>Il n’a ni adresse où envoyer un code, ni utilisateur au nom duquel agir.</translation>
    </message>
    <message>
        <source>It has no catalogue.</source>
        <translation>Il n’a pas de catalogue.</translation>
    </message>
    <message>
        <source>It has no list of layers.</source>
        <translation>Il n’a pas de liste de couches.</translation>
    </message>
    <message>
        <source>It has no “url”.</source>
        <translation>Il n’a pas d’« url ».</translation>
    </message>
    <message>
        <source>It has no “{name}”.</source>
        <translation>Il n’a pas de « {name} ».</translation>
    </message>
    <message>
        <source>It has up to 30 small letters, digits and hyphens.</source>
        <translation>Il a au plus 30 minuscules, chiffres et tirets.</translation>
    </message>
    <message>
        <source>It has zero bytes: a copy or an export was interrupted.</source>
        <translation>Il fait zéro octet : une copie ou un export a été interrompu.</translation>
    </message>
    <message>
        <source>It has {count} characters; {shortest} are needed.</source>
        <translation>Il a {count} caractères ; il en faut {shortest}.</translation>
    </message>
    <message>
        <source>It has {size} bytes instead of {expected}.</source>
        <translation>Il a {size} octets au lieu de {expected}.</translation>
    </message>
    <message>
        <source>It has {size} bytes; at most {limit} are taken.</source>
        <translation>Il compte {size} octets ; {limit} au plus sont acceptés.</translation>
    </message>
    <message>
        <source>It has: {names}.</source>
        <translation>Elle a : {names}.</translation>
    </message>
    <message>
        <source>It has: {styles}.</source>
        <translation>Ses styles : {styles}.</translation>
    </message>
    <message>
        <source>It has: {tables}.</source>
        <translation>Ses tables : {tables}.</translation>
    </message>
    <message>
        <source>It holds data, and the database of its catalogue is empty.</source>
        <translation>Il contient des données, et la base de données de son catalogue est vide.</translation>
    </message>
    <message>
        <source>It holds labels or raster symbols only, and QGIS draws no vector layer with that.</source>
        <translation>Il ne contient que des étiquettes ou des symboles raster, et QGIS ne dessine pas de couche vecteur avec cela.</translation>
    </message>
    <message>
        <source>It holds neither dates nor times.</source>
        <translation>Elle ne contient ni dates ni heures.</translation>
    </message>
    <message>
        <source>It holds no data file.</source>
        <translation>Elle ne contient aucun fichier de données.</translation>
    </message>
    <message>
        <source>It holds no features.</source>
        <translation>Il ne contient aucune entité.</translation>
    </message>
    <message>
        <source>It holds no rule that QGIS understands.</source>
        <translation>Il ne contient aucune règle que QGIS comprenne.</translation>
    </message>
    <message>
        <source>It holds something else.</source>
        <translation>Il contient autre chose.</translation>
    </message>
    <message>
        <source>It holds the character NUL, or half of a character.</source>
        <translation>Il contient le caractère NUL, ou une moitié de caractère.</translation>
    </message>
    <message>
        <source>It holds tiles, not tables.</source>
        <translation>Elle contient des tuiles, non des tables.</translation>
    </message>
    <message>
        <source>It holds “{value}”, which is not a SHA-256 in base 64.</source>
        <translation>Il contient « {value} », qui n’est pas un SHA-256 en base 64.</translation>
    </message>
    <message>
        <source>It is a date or a time of RFC 3339, or two of them with “/” between.</source>
        <translation>C’est une date ou une heure selon RFC 3339, ou deux séparées par « / ».</translation>
    </message>
    <message>
        <source>It is a document of {name}, and no ISO 19115 record.</source>
        <translation>C’est un document de type {name}, et non une fiche ISO 19115.</translation>
    </message>
    <message>
        <source>It is a GeoPackage without any table of features.</source>
        <translation>C’est un GeoPackage sans aucune table d’entités.</translation>
    </message>
    <message>
        <source>It is a {kind}.</source>
        <translation>C’est un {kind}.</translation>
    </message>
    <message>
        <source>It is addressed to “{name}”, and this backend serves its own machine only.</source>
        <translation>Elle s’adresse à « {name} », or ce serveur ne répond qu’à sa propre machine.</translation>
    </message>
    <message>
        <source>It is cut off in its first 100 bytes.</source>
        <translation>Il est tronqué dans ses 100 premiers octets.</translation>
    </message>
    <message>
        <source>It is cut off, or its bytes are damaged.</source>
        <translation>Elle est tronquée ou ses octets sont abîmés.</translation>
    </message>
    <message>
        <source>It is cut off: {missing} bytes are missing.</source>
        <translation>Il est tronqué : il manque {missing} octets.</translation>
    </message>
    <message>
        <source>It is kept encrypted in QGIS's authentication database, and nowhere else.</source>
        <translation>Il est conservé chiffré dans la base d’authentification de QGIS, et nulle part ailleurs.</translation>
    </message>
    <message>
        <source>It is longer than {count} characters, or holds a NUL.</source>
        <translation>Il dépasse {count} caractères, ou contient un NUL.</translation>
    </message>
    <message>
        <source>It is missing, QGIS's master password was not given, or the sign-in was refused.</source>
        <translation>Elle manque, le mot de passe principal de QGIS n’a pas été donné, ou la connexion a été refusée.</translation>
    </message>
    <message>
        <source>It is named by the delivery or by its checksums, but it never arrived.</source>
        <translation>La livraison ou ses sommes de contrôle le nomment, mais il n’est jamais arrivé.</translation>
    </message>
    <message>
        <source>It is nested too deep.</source>
        <translation>Ses éléments sont trop imbriqués.</translation>
    </message>
    <message>
        <source>It is no geometry in GML.</source>
        <translation>Ce n’est pas une géométrie en GML.</translation>
    </message>
    <message>
        <source>It is no JSON.</source>
        <translation>Ce n’est pas du JSON.</translation>
    </message>
    <message>
        <source>It is no object.</source>
        <translation>Ce n’est pas un objet.</translation>
    </message>
    <message>
        <source>It is no part of the conformance classes that the service states.</source>
        <translation>Il ne fait pas partie des classes de conformité que le service déclare.</translation>
    </message>
    <message>
        <source>It is no part of what the capabilities list.</source>
        <translation>Il ne fait pas partie de ce qu’annoncent les capacités.</translation>
    </message>
    <message>
        <source>It is no table of text: {reason}.</source>
        <translation>Ce n’est pas un tableau de texte : {reason}.</translation>
    </message>
    <message>
        <source>It is not an address of this computer: {reason}.</source>
        <translation>Ce n’est pas une adresse de cet ordinateur : {reason}.</translation>
    </message>
    <message>
        <source>It is not empty: it holds “{name}”.</source>
        <translation>Il n’est pas vide : il contient « {name} ».</translation>
    </message>
    <message>
        <source>It is not JSON, so this is not the address of a store API.</source>
        <translation>Ce n’est pas du JSON : cette adresse n’est donc pas celle d’une API Entrepôt.</translation>
    </message>
    <message>
        <source>It is not written in UTF-8.</source>
        <translation>Il n’est pas écrit en UTF-8.</translation>
    </message>
    <message>
        <source>It is of type {type} and {status}.</source>
        <translation>Elle est de type {type} et {status}.</translation>
    </message>
    <message>
        <source>It is of type {type}.</source>
        <translation>Elle est de type {type}.</translation>
    </message>
    <message>
        <source>It is of type {type}; the result is of type {other}.</source>
        <translation>Elle est de type {type} ; le résultat est de type {other}.</translation>
    </message>
    <message>
        <source>It is of type {type}; the service shows data of type {other}.</source>
        <translation>Elle est de type {type} ; le service montre des données de type {other}.</translation>
    </message>
    <message>
        <source>It is process {pid}; what it changes meanwhile would look like damage.</source>
        <translation>C’est le processus {pid} ; ce qu’il modifie entre-temps ressemblerait à un dommage.</translation>
    </message>
    <message>
        <source>It is published, and shows nothing.</source>
        <translation>Elle est publiée et ne montre rien.</translation>
    </message>
    <message>
        <source>It is published.</source>
        <translation>Elle est publiée.</translation>
    </message>
    <message>
        <source>It is the id neither of a user nor of a community.</source>
        <translation>Ce n’est l’identifiant ni d’un utilisateur ni d’une communauté.</translation>
    </message>
    <message>
        <source>It is the only style: the service is then drawn without any.</source>
        <translation>C’est le seul style : le service est ensuite dessiné sans style.</translation>
    </message>
    <message>
        <source>It is the supervisor of the community “{name}”.</source>
        <translation>C’est le superviseur de la communauté « {name} ».</translation>
    </message>
    <message>
        <source>It is too long or holds control characters.</source>
        <translation>Il est trop long ou contient des caractères de contrôle.</translation>
    </message>
    <message>
        <source>It is too long: {length} characters, {limit} at most.</source>
        <translation>Il est trop long : {length} caractères, {limit} au plus.</translation>
    </message>
    <message>
        <source>It is true or false.</source>
        <translation>C’est true ou false.</translation>
    </message>
    <message>
        <source>It is {current}; what may follow is: {allowed}.</source>
        <translation>Son état est {current} ; ce qui peut suivre : {allowed}.</translation>
    </message>
    <message>
        <source>It is {status}.</source>
        <translation>Son état est {status}.</translation>
    </message>
    <message>
        <source>It is {who}, and only one may work on a folder.</source>
        <translation>C’est {who}, et un seul peut travailler sur un dossier.</translation>
    </message>
    <message>
        <source>It is “{value}”.</source>
        <translation>Il vaut « {value} ».</translation>
    </message>
    <message>
        <source>It looks like {guess}.</source>
        <translation>Il ressemble à : {guess}.</translation>
    </message>
    <message>
        <source>It may come from a raster layer, or hold forms or actions only.</source>
        <translation>Il vient peut-être d’une couche raster, ou ne contient que des formulaires ou des actions.</translation>
    </message>
    <message>
        <source>It may have been deleted; list again to see what there is.</source>
        <translation>Il a peut-être été supprimé ; relisez la liste pour voir ce qu’il y a.</translation>
    </message>
    <message>
        <source>It may have {size} kB.</source>
        <translation>Il peut avoir {size} ko.</translation>
    </message>
    <message>
        <source>It may still be starting or ending.</source>
        <translation>Il est peut-être encore en train de démarrer ou de s’arrêter.</translation>
    </message>
    <message>
        <source>It must be a folder, given from its root: {example}</source>
        <translation>Ce doit être un dossier, indiqué depuis sa racine : {example}</translation>
    </message>
    <message>
        <source>It must be a language code, such as fr or en.</source>
        <translation>Ce doit être un code de langue, comme fr ou en.</translation>
    </message>
    <message>
        <source>It must be a text on one line.</source>
        <translation>Ce doit être un texte sur une ligne.</translation>
    </message>
    <message>
        <source>It must be a URL as https://maps.example.org/geopub, without user, query or fragment.</source>
        <translation>Ce doit être une URL comme https://cartes.exemple.org/geopub, sans utilisateur, requête ni fragment.</translation>
    </message>
    <message>
        <source>It must be a whole number from {low} to {high}.</source>
        <translation>Ce doit être un nombre entier de {low} à {high}.</translation>
    </message>
    <message>
        <source>It must be addresses or networks with commas between, as 127.0.0.1,10.0.0.0/8.</source>
        <translation>Ce doit être des adresses ou des réseaux séparés par des virgules, comme 127.0.0.1,10.0.0.0/8.</translation>
    </message>
    <message>
        <source>It must be an address for e-mail, such as geopub@example.org.</source>
        <translation>Ce doit être une adresse de courriel, comme geopub@example.org.</translation>
    </message>
    <message>
        <source>It must be an address on the web, without a user.</source>
        <translation>Ce doit être une adresse du web, sans utilisateur.</translation>
    </message>
    <message>
        <source>It must be an IP address or the name of a computer.</source>
        <translation>Ce doit être une adresse IP ou le nom d’un ordinateur.</translation>
    </message>
    <message>
        <source>It must be one of: {choices}.</source>
        <translation>Les valeurs possibles sont : {choices}.</translation>
    </message>
    <message>
        <source>It must be the path of a folder.</source>
        <translation>Ce doit être le chemin d’un dossier.</translation>
    </message>
    <message>
        <source>It must be the Python of QGIS, with GDAL and numpy.</source>
        <translation>Ce doit être le Python de QGIS, avec GDAL et numpy.</translation>
    </message>
    <message>
        <source>It must be the URL of a PostgreSQL database, as postgresql://user:[password]@host/name.</source>
        <translation>Ce doit être l’URL d’une base PostgreSQL, comme postgresql://user:[password]@host/name.</translation>
    </message>
    <message>
        <source>It must be yes or no.</source>
        <translation>Ce doit être « yes » ou « no ».</translation>
    </message>
    <message>
        <source>It must have one: the tiles that it is published with.</source>
        <translation>Il doit en avoir une : les tuiles avec lesquelles il est publié.</translation>
    </message>
    <message>
        <source>It must have {count} to 200 letters, digits or signs of ASCII.</source>
        <translation>Il doit avoir de {count} à 200 lettres, chiffres ou signes ASCII.</translation>
    </message>
    <message>
        <source>It must hold numbers.</source>
        <translation>Il doit contenir des nombres.</translation>
    </message>
    <message>
        <source>It must lie between {lowest} and {highest}.</source>
        <translation>Il doit se situer entre {lowest} et {highest}.</translation>
    </message>
    <message>
        <source>It must not hold a login or a password: those belong into an authentication configuration.</source>
        <translation>Elle ne doit contenir ni identifiant ni mot de passe : leur place est dans une configuration d’authentification.</translation>
    </message>
    <message>
        <source>It must not hold a space, a question mark or a number sign.</source>
        <translation>Elle ne doit contenir ni espace, ni point d’interrogation, ni dièse.</translation>
    </message>
    <message>
        <source>It must start with a letter or _ and hold only letters without accents, digits, _, - and dots.</source>
        <translation>Il doit commencer par une lettre ou _ et ne contenir que des lettres sans accent, des chiffres, _, - et des points.</translation>
    </message>
    <message>
        <source>It must start with a letter or _.</source>
        <translation>Il doit commencer par une lettre ou _.</translation>
    </message>
    <message>
        <source>It must start with https:// or http://, followed by the name of the server.</source>
        <translation>Elle doit commencer par https:// ou http://, suivi du nom du serveur.</translation>
    </message>
    <message>
        <source>It needs 1 to {most} addresses.</source>
        <translation>Il lui faut de 1 à {most} adresses.</translation>
    </message>
    <message>
        <source>It needs each of the rights {names}; you have: {held}.</source>
        <translation>Il faut chacun des droits {names} ; vous avez : {held}.</translation>
    </message>
    <message>
        <source>It needs one of the rights {names}; you have: {held}.</source>
        <translation>Il faut l’un des droits {names} ; vous avez : {held}.</translation>
    </message>
    <message>
        <source>It nests deeper than {count} levels.</source>
        <translation>Il a plus de {count} niveaux de parenthèses.</translation>
    </message>
    <message>
        <source>It received the signal {name}.</source>
        <translation>Il a reçu le signal {name}.</translation>
    </message>
    <message>
        <source>It said nothing for {seconds} seconds.</source>
        <translation>Il n’a rien dit pendant {seconds} secondes.</translation>
    </message>
    <message>
        <source>It shows too many features to be built before the pyramid is finished.</source>
        <translation>Elle montre trop d’entités pour être calculée avant que la pyramide soit terminée.</translation>
    </message>
    <message>
        <source>It starts at byte {first} of {total}; received are {received} of {expected}.</source>
        <translation>Il commence à l’octet {first} sur {total} ; {received} sur {expected} sont reçus.</translation>
    </message>
    <message>
        <source>It states no fileIdentifier, or one with blanks or of more than {most} letters.</source>
        <translation>Il ne déclare pas de fileIdentifier, ou bien il contient des espaces ou plus de {most} caractères.</translation>
    </message>
    <message>
        <source>It took longer than {seconds} seconds.</source>
        <translation>Le dessin a duré plus de {seconds} secondes.</translation>
    </message>
    <message>
        <source>It uses a compression method that is not supported.</source>
        <translation>Elle emploie une méthode de compression qui n’est pas prise en charge.</translation>
    </message>
    <message>
        <source>It was launched: it is {status}.</source>
        <translation>Elle a été lancée : son état est {status}.</translation>
    </message>
    <message>
        <source>It was made for {wanted}, and the table holds {have}.</source>
        <translation>Il a été fait pour des {wanted}, et la table contient des {have}.</translation>
    </message>
    <message>
        <source>It was moved, renamed or deleted.</source>
        <translation>Il a été déplacé, renommé ou supprimé.</translation>
    </message>
    <message>
        <source>It was never published here, or not any more.</source>
        <translation>Elle n’a jamais été publiée ici, ou ne l’est plus.</translation>
    </message>
    <message>
        <source>It was read as Windows-1252, the usual encoding of spreadsheets and older files.</source>
        <translation>Il a été lu en Windows-1252, l’encodage habituel des tableurs et des fichiers anciens.</translation>
    </message>
    <message>
        <source>It was removed from the project while it was being published.</source>
        <translation>Elle a été retirée du projet pendant sa publication.</translation>
    </message>
    <message>
        <source>It was removed from the settings of GeoPub.</source>
        <translation>Il a été retiré des réglages de GeoPub.</translation>
    </message>
    <message>
        <source>It was stopped in the GeoPub panel while something waited for it.</source>
        <translation>Il a été arrêté dans le panneau GeoPub alors qu’une opération l’attendait.</translation>
    </message>
    <message>
        <source>It works best with {count} attributes at most: choose fewer of them two pages before.</source>
        <translation>Elle donne les meilleurs résultats avec {count} attributs au plus : choisissez-en moins, deux pages plus tôt.</translation>
    </message>
    <message>
        <source>It works: {user} may publish in {names}.</source>
        <translation>La connexion fonctionne : {user} peut publier dans {names}.</translation>
    </message>
    <message>
        <source>It would draw another colour each time.</source>
        <translation>Il dessinerait une autre couleur à chaque fois.</translation>
    </message>
    <message>
        <source>It would have to be run to become data, and GeoPub runs nothing that it is sent.</source>
        <translation>Il faudrait l’exécuter pour en tirer des données, et GeoPub n’exécute rien de ce qu’on lui envoie.</translation>
    </message>
    <message>
        <source>Its answer cannot be read.</source>
        <translation>Sa réponse est illisible.</translation>
    </message>
    <message>
        <source>Its attributes are: {names}.</source>
        <translation>Ses attributs sont : {names}.</translation>
    </message>
    <message>
        <source>Its bytes are cut off or are not well-known binary.</source>
        <translation>Ses octets sont tronqués ou ne sont pas du WKB.</translation>
    </message>
    <message>
        <source>Its catalogue has version {found}; this GeoPub knows versions up to {known}.</source>
        <translation>Son catalogue est en version {found} ; ce GeoPub connaît les versions jusqu’à {known}.</translation>
    </message>
    <message>
        <source>Its catalogue has version {found}; this GeoPub works with {known}.</source>
        <translation>Son catalogue est à la version {found} ; ce GeoPub travaille avec la version {known}.</translation>
    </message>
    <message>
        <source>Its catalogue, {name}, cannot be read: {reason}.</source>
        <translation>Son catalogue, {name}, ne peut pas être lu : {reason}.</translation>
    </message>
    <message>
        <source>Its catalogue, {name}, is missing or empty, and there are data.</source>
        <translation>Son catalogue, {name}, manque ou est vide, alors qu’il y a des données.</translation>
    </message>
    <message>
        <source>Its column “{column}” tells the rows apart; in some of them it is empty, or holds no whole number.</source>
        <translation>Sa colonne « {column} » distingue les lignes ; dans certaines elle est vide, ou ne contient pas de nombre entier.</translation>
    </message>
    <message>
        <source>Its columns are: {columns}.</source>
        <translation>Ses colonnes sont : {columns}.</translation>
    </message>
    <message>
        <source>Its columns are: {names}. Text goes in 'single quotes'.</source>
        <translation>Ses colonnes sont : {names}. Un texte s’écrit entre 'apostrophes'.</translation>
    </message>
    <message>
        <source>Its coordinates are converted to {target}.</source>
        <translation>Ses coordonnées sont converties en {target}.</translation>
    </message>
    <message>
        <source>Its coordinates are not longitudes and latitudes, and {declared} was declared.</source>
        <translation>Ses coordonnées ne sont ni longitudes ni latitudes, et {declared} a été déclaré.</translation>
    </message>
    <message>
        <source>Its definition, “{definition}”, means nothing to PROJ.</source>
        <translation>Sa définition, « {definition} », ne dit rien à PROJ.</translation>
    </message>
    <message>
        <source>Its elements are nested more than {count} deep.</source>
        <translation>Ses éléments sont imbriqués sur plus de {count} niveaux.</translation>
    </message>
    <message>
        <source>its end</source>
        <translation>sa fin</translation>
    </message>
    <message>
        <source>Its features hold none.</source>
        <translation>Ses entités n’en contiennent pas.</translation>
    </message>
    <message>
        <source>Its file is missing or damaged.</source>
        <translation>Son fichier est absent ou endommagé.</translation>
    </message>
    <message>
        <source>Its file “version” is damaged.</source>
        <translation>Son fichier « version » est endommagé.</translation>
    </message>
    <message>
        <source>Its filter could not be removed.</source>
        <translation>Son filtre n’a pas pu être retiré.</translation>
    </message>
    <message>
        <source>Its filter hides all of them.</source>
        <translation>Son filtre les cache toutes.</translation>
    </message>
    <message>
        <source>Its geometry is too large.</source>
        <translation>Sa géométrie est trop grande.</translation>
    </message>
    <message>
        <source>Its header or its directory cannot be read.</source>
        <translation>Son en-tête ou son répertoire ne peut pas être lu.</translation>
    </message>
    <message>
        <source>Its header states an impossible page size, {page}.</source>
        <translation>Son en-tête annonce une taille de page impossible, {page}.</translation>
    </message>
    <message>
        <source>Its key is missing, is not a number, or occurs twice.</source>
        <translation>Sa clé manque, n’est pas un nombre ou apparaît deux fois.</translation>
    </message>
    <message>
        <source>Its list of contents does not name it.</source>
        <translation>Sa liste de contenus ne la nomme pas.</translation>
    </message>
    <message>
        <source>Its lower corner is not below and left of its upper corner.</source>
        <translation>Son coin inférieur n’est pas en dessous et à gauche de son coin supérieur.</translation>
    </message>
    <message>
        <source>Its lower corner lies above its upper corner.</source>
        <translation>Son coin inférieur est au-dessus de son coin supérieur.</translation>
    </message>
    <message>
        <source>Its MD5 checksum is {found}, and {expected} was announced: the transfer changed it.</source>
        <translation>Sa somme MD5 est {found} alors que {expected} était annoncée : le transfert l’a modifié.</translation>
    </message>
    <message>
        <source>Its outermost element is &lt;{name}&gt;; QML has &lt;qgis&gt; and SLD has &lt;StyledLayerDescriptor&gt;.</source>
        <translation>Son élément racine est &lt;{name}&gt; ; celui du QML est &lt;qgis&gt; et celui du SLD &lt;StyledLayerDescriptor&gt;.</translation>
    </message>
    <message>
        <source>Its owner limits it: {what}.</source>
        <translation>Son propriétaire la limite : {what}.</translation>
    </message>
    <message>
        <source>Its polygons cover that much at level {level}.</source>
        <translation>Ses polygones en couvrent autant au niveau {level}.</translation>
    </message>
    <message>
        <source>Its process ended or did not answer.</source>
        <translation>Son processus s’est arrêté ou n’a pas répondu.</translation>
    </message>
    <message>
        <source>Its rows are copied as they are now.</source>
        <translation>Ses lignes sont copiées telles qu’elles sont maintenant.</translation>
    </message>
    <message>
        <source>Its services ask for a key, and this server makes no temporary links.</source>
        <translation>Ses services demandent une clé, et ce serveur ne crée pas de liens temporaires.</translation>
    </message>
    <message>
        <source>Its SHA-256 is not the announced one.</source>
        <translation>Son SHA-256 n’est pas celui annoncé.</translation>
    </message>
    <message>
        <source>Its source is missing or does not answer.</source>
        <translation>Sa source est absente ou ne répond pas.</translation>
    </message>
    <message>
        <source>Its tables are: {names}.</source>
        <translation>Ses tables sont : {names}.</translation>
    </message>
    <message>
        <source>Its tables have no geometry: {names}.</source>
        <translation>Ses tables n’ont pas de géométrie : {names}.</translation>
    </message>
    <message>
        <source>Its technical name stands in requests: letters without accents, digits, _, - and dots.</source>
        <translation>Son nom technique figure dans les requêtes : lettres sans accents, chiffres, _, - et points.</translation>
    </message>
    <message>
        <source>Its type is “{type}”.</source>
        <translation>Son type est « {type} ».</translation>
    </message>
    <message>
        <source>Its “entity_url” is no address on the web.</source>
        <translation>Son « entity_url » n’est pas une adresse du web.</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Traitement</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Traitements</translation>
    </message>
    <message>
        <source>Join the table to a layer with geometry and publish that layer.</source>
        <translation>Joignez la table à une couche qui a une géométrie et publiez cette couche.</translation>
    </message>
    <message>
        <source>JSON</source>
        <translation>du JSON</translation>
    </message>
    <message>
        <source>kB</source>
        <translation>ko</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Enregistrer</translation>
    </message>
    <message>
        <source>Kept</source>
        <translation>Conservé</translation>
    </message>
    <message>
        <source>Keywords (optional)</source>
        <translation>Mots clés (optionnel)</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Type</translation>
    </message>
    <message>
        <source>Kind of resource</source>
        <translation>Type de ressource</translation>
    </message>
    <message>
        <source>KML</source>
        <translation>du KML</translation>
    </message>
    <message>
        <source>Known are: {names}.</source>
        <translation>Types connus : {names}.</translation>
    </message>
    <message>
        <source>Labels are left out: their expression uses “{element}”.</source>
        <translation>Les étiquettes sont omises : leur expression utilise « {element} ».</translation>
    </message>
    <message>
        <source>Labels are placed by the map in the browser: not all stand where QGIS puts them.</source>
        <translation>Les étiquettes sont placées par la carte dans le navigateur : toutes ne sont pas là où QGIS les met.</translation>
    </message>
    <message>
        <source>Labels of QGIS 2 are not drawn: save the style again with QGIS 3.</source>
        <translation>Les étiquettes de QGIS 2 ne sont pas dessinées : enregistrez le style à nouveau avec QGIS 3.</translation>
    </message>
    <message>
        <source>Labels of the type “{kind}” are not drawn.</source>
        <translation>Les étiquettes du type « {kind} » ne sont pas dessinées.</translation>
    </message>
    <message>
        <source>Land cover</source>
        <translation>Occupation des terres</translation>
    </message>
    <message>
        <source>Land use</source>
        <translation>Usage des sols</translation>
    </message>
    <message>
        <source>Landing page</source>
        <translation>Page d’accueil</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Langue</translation>
    </message>
    <message>
        <source>Language of the filter</source>
        <translation>Langage du filtre</translation>
    </message>
    <message>
        <source>Largest tile</source>
        <translation>Plus grande tuile</translation>
    </message>
    <message>
        <source>Last level</source>
        <translation>Dernier niveau</translation>
    </message>
    <message>
        <source>Last level: {level}</source>
        <translation>Dernier niveau : {level}</translation>
    </message>
    <message>
        <source>Launch it again; if it fails again, report it with the log.</source>
        <translation>Relancez-le ; s’il échoue encore, signalez-le avec le journal.</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>Couche</translation>
    </message>
    <message>
        <source>Layer to publish</source>
        <translation>Couche à publier</translation>
    </message>
    <message>
        <source>Layers of a type that tiles cannot be drawn with: {count}.</source>
        <translation>Couches d’un type avec lequel on ne peut pas dessiner de tuiles : {count}.</translation>
    </message>
    <message>
        <source>Layers of the map style: {count}.</source>
        <translation>Couches du style de carte : {count}.</translation>
    </message>
    <message>
        <source>Layers published with this one are not in the project: open the project that has them.</source>
        <translation>Des couches publiées avec celle-ci ne sont pas dans le projet : ouvrez le projet qui les contient.</translation>
    </message>
    <message>
        <source>Layers that draw a table that the tiles do not hold: {count}.</source>
        <translation>Couches qui dessinent une table que les tuiles ne contiennent pas : {count}.</translation>
    </message>
    <message>
        <source>Layers that name no source, or one that the style does not have: {count}.</source>
        <translation>Couches qui ne nomment pas de source, ou une que le style n’a pas : {count}.</translation>
    </message>
    <message>
        <source>Leave it out, and a random one is made.</source>
        <translation>Ne le donnez pas, et il sera tiré au hasard.</translation>
    </message>
    <message>
        <source>Leave it out.</source>
        <translation>Omettez-le.</translation>
    </message>
    <message>
        <source>Leave it out: values take the type of the column that they are compared with.</source>
        <translation>Supprimez-le : une valeur prend le type de la colonne avec laquelle elle est comparée.</translation>
    </message>
    <message>
        <source>Left of the line the service, right of it what it is compared with</source>
        <translation>À gauche de la ligne le service, à droite ce à quoi il est comparé</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>Écartées</translation>
    </message>
    <message>
        <source>Left out: its expression uses “{element}”.</source>
        <translation>Omis : son expression utilise « {element} ».</translation>
    </message>
    <message>
        <source>Let a user into a datastore with these rights, or change them.</source>
        <translation>Faire entrer un utilisateur dans un entrepôt avec ces droits, ou les changer.</translation>
    </message>
    <message>
        <source>Let others in the local network see what I publish</source>
        <translation>Montrer ce que je publie aux autres sur le réseau local</translation>
    </message>
    <message>
        <source>Let them be fetched once and kept beside the style, or take them away.</source>
        <translation>Autorisez leur téléchargement, une seule fois, pour les garder à côté du style, ou retirez-les.</translation>
    </message>
    <message>
        <source>Let them be fetched once and packed in, or embed them in QGIS: beside the path, Embed File.</source>
        <translation>Faites-les chercher une fois pour les intégrer, ou intégrez-les dans QGIS : à côté du chemin, Intégrer un fichier.</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>Niveau</translation>
    </message>
    <message>
        <source>Level 0 shows the whole world; each level doubles the scale. Maps enlarge the last one further in.</source>
        <translation>Le niveau 0 montre le monde entier ; chaque niveau double l’échelle. Au-delà du dernier, les cartes l’agrandissent.</translation>
    </message>
    <message>
        <source>Levels {top} to {bottom} of “{table}” cannot be built.</source>
        <translation>Les niveaux {top} à {bottom} de « {table} » ne peuvent pas être construits.</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Licence</translation>
    </message>
    <message>
        <source>Line {line}: an element has more than {count} attributes.</source>
        <translation>Ligne {line} : un élément a plus de {count} attributs.</translation>
    </message>
    <message>
        <source>Line {line}: it declares a document type or entities, which can be used to attack the reader.</source>
        <translation>Ligne {line} : il déclare un type de document ou des entités, qui peuvent servir à attaquer le lecteur.</translation>
    </message>
    <message>
        <source>Line {line}: {reason}.</source>
        <translation>Ligne {line} : {reason}.</translation>
    </message>
    <message>
        <source>line {number}</source>
        <translation>ligne {number}</translation>
    </message>
    <message>
        <source>lines</source>
        <translation>lignes</translation>
    </message>
    <message>
        <source>lines that form no network</source>
        <translation>lignes qui ne forment pas un réseau</translation>
    </message>
    <message>
        <source>Lines that put the map into another web page</source>
        <translation>Lignes qui placent la carte dans une autre page web</translation>
    </message>
    <message>
        <source>Link in the archive</source>
        <translation>Lien dans l’archive</translation>
    </message>
    <message>
        <source>Links</source>
        <translation>Liens</translation>
    </message>
    <message>
        <source>List of jobs</source>
        <translation>Liste des traitements</translation>
    </message>
    <message>
        <source>List of publications</source>
        <translation>Liste des publications</translation>
    </message>
    <message>
        <source>List the datasheets and their live addresses.</source>
        <translation>Lister les fiches de données et leurs adresses en service.</translation>
    </message>
    <message>
        <source>List the datastores.</source>
        <translation>Lister les entrepôts.</translation>
    </message>
    <message>
        <source>List the processings of the datastore to see what it runs.</source>
        <translation>Énumérez les traitements de l’entrepôt pour voir ce qu’il exécute.</translation>
    </message>
    <message>
        <source>List the programs.</source>
        <translation>Lister les programmes.</translation>
    </message>
    <message>
        <source>List the revisions of NAME that are kept.</source>
        <translation>Lister les révisions gardées de NAME.</translation>
    </message>
    <message>
        <source>List the revisions to see which are kept.</source>
        <translation>Listez les révisions pour voir lesquelles sont gardées.</translation>
    </message>
    <message>
        <source>List the styles of LAYER.</source>
        <translation>Lister les styles de LAYER.</translation>
    </message>
    <message>
        <source>List the users.</source>
        <translation>Lister les utilisateurs.</translation>
    </message>
    <message>
        <source>List, add, edit and choose the styles of a published layer.</source>
        <translation>Lister, ajouter, modifier et choisir les styles d’une couche publiée.</translation>
    </message>
    <message>
        <source>List, compare and bring back revisions of data, styles and metadata.</source>
        <translation>Lister, comparer et restaurer les révisions de données, de styles et de métadonnées.</translation>
    </message>
    <message>
        <source>Live service</source>
        <translation>Service en ligne</translation>
    </message>
    <message>
        <source>Local coordinates</source>
        <translation>Coordonnées locales</translation>
    </message>
    <message>
        <source>Location</source>
        <translation>Localisation</translation>
    </message>
    <message>
        <source>Log of “{name}”</source>
        <translation>Journal de « {name} »</translation>
    </message>
    <message>
        <source>Log:</source>
        <translation>Journal :</translation>
    </message>
    <message>
        <source>Look at it with that version.</source>
        <translation>Regardez-le avec cette version.</translation>
    </message>
    <message>
        <source>Look at the accents. If they are wrong, export the file again as UTF-8.</source>
        <translation>Vérifiez les accents. S’ils sont faux, exportez de nouveau le fichier en UTF-8.</translation>
    </message>
    <message>
        <source>Look at the accents. If they are wrong, export the layer again with the right encoding.</source>
        <translation>Regardez les accents. S’ils sont faux, exportez à nouveau la couche avec le bon encodage.</translation>
    </message>
    <message>
        <source>Look at the map: the features should lie where you expect them.</source>
        <translation>Regardez la carte : les entités doivent se trouver là où vous les attendez.</translation>
    </message>
    <message>
        <source>Look at them: a repaired shape covers the same ground, but its outline may differ.</source>
        <translation>Regardez-les : une forme réparée couvre le même terrain, mais son contour peut différer.</translation>
    </message>
    <message>
        <source>Look at these columns: one number a cell, or a geometry as WKT.</source>
        <translation>Regardez ces colonnes : un nombre par cellule, ou une géométrie en WKT.</translation>
    </message>
    <message>
        <source>Look at these lines: is a separator within a text that has no quotes?</source>
        <translation>Regardez ces lignes : un séparateur est-il dans un texte sans guillemets ?</translation>
    </message>
    <message>
        <source>Look into QGIS's log messages, and report what they say to the authors of GeoPub.</source>
        <translation>Regardez le journal des messages de QGIS et transmettez ce qu’il dit aux auteurs de GeoPub.</translation>
    </message>
    <message>
        <source>Look into the file renderer.log of the log folder.</source>
        <translation>Consultez le fichier renderer.log du dossier des journaux.</translation>
    </message>
    <message>
        <source>Look into the renderer's log, and report it.</source>
        <translation>Consultez le journal du moteur de rendu et signalez l’erreur.</translation>
    </message>
    <message>
        <source>Looking for damage</source>
        <translation>Recherche de dommages</translation>
    </message>
    <message>
        <source>Looking for what changed</source>
        <translation>Recherche de ce qui a changé</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>Perdu</translation>
    </message>
    <message>
        <source>lost: {count}</source>
        <translation>pertes : {count}</translation>
    </message>
    <message>
        <source>Made</source>
        <translation>Créée</translation>
    </message>
    <message>
        <source>Made on</source>
        <translation>Créée le</translation>
    </message>
    <message>
        <source>Make a configuration for this server</source>
        <translation>Créer une configuration pour ce serveur</translation>
    </message>
    <message>
        <source>Make a sample of this area first</source>
        <translation>Générer d’abord un échantillon sur cette emprise</translation>
    </message>
    <message>
        <source>Make all tiles</source>
        <translation>Générer toutes les tuiles</translation>
    </message>
    <message>
        <source>Make all tiles of this sample</source>
        <translation>Générer toutes les tuiles de cet échantillon</translation>
    </message>
    <message>
        <source>Make another configuration.</source>
        <translation>Créez une autre configuration.</translation>
    </message>
    <message>
        <source>Make current</source>
        <translation>Rendre courant</translation>
    </message>
    <message>
        <source>Make room on it, then publish again.</source>
        <translation>Libérez de la place, puis publiez de nouveau.</translation>
    </message>
    <message>
        <source>Make the zip file again and send it.</source>
        <translation>Refaites le fichier zip et envoyez-le.</translation>
    </message>
    <message>
        <source>Make the zip file again from the data alone.</source>
        <translation>Refaites le fichier zip avec les seules données.</translation>
    </message>
    <message>
        <source>Make the zip file again with the real files.</source>
        <translation>Refaites le fichier zip avec les vrais fichiers.</translation>
    </message>
    <message>
        <source>Make the zip file again without a password.</source>
        <translation>Refaites le fichier zip sans mot de passe.</translation>
    </message>
    <message>
        <source>Make them smaller, or use other ones.</source>
        <translation>Réduisez-les, ou prenez-en d’autres.</translation>
    </message>
    <message>
        <source>Make vector tiles of a GeoPackage without any server: OUT.pmtiles, OUT.mbtiles or a folder OUT/.</source>
        <translation>Fabriquer les tuiles vectorielles d’un GeoPackage sans aucun serveur : OUT.pmtiles, OUT.mbtiles ou un dossier OUT/.</translation>
    </message>
    <message>
        <source>Makes vector tiles of a layer with the tile engine of GeoPub, as one PMTiles archive (version 3) that any web server can hand out. Nothing is published. The levels are proposed from the layer.</source>
        <translation>Génère les tuiles vectorielles d’une couche avec le moteur de GeoPub, dans une archive PMTiles (version 3) que tout serveur web peut distribuer. Rien n’est publié. Les niveaux sont proposés d’après la couche.</translation>
    </message>
    <message>
        <source>Making tiles</source>
        <translation>Calcul des tuiles</translation>
    </message>
    <message>
        <source>many small areas</source>
        <translation>nombreuses petites surfaces</translation>
    </message>
    <message>
        <source>Map tiles (WMTS)</source>
        <translation>Tuiles de cartes (WMTS)</translation>
    </message>
    <message>
        <source>Maps (WMS)</source>
        <translation>Cartes (WMS)</translation>
    </message>
    <message>
        <source>Maps and features are drawn with QML or SLD.</source>
        <translation>Cartes et entités se dessinent avec QML ou SLD.</translation>
    </message>
    <message>
        <source>Maps cannot be drawn: QGIS's Python modules were not found.</source>
        <translation>Les cartes ne peuvent pas être dessinées : les modules Python de QGIS sont introuvables.</translation>
    </message>
    <message>
        <source>Maps cannot be drawn: the renderer did not start.</source>
        <translation>Les cartes ne peuvent pas être dessinées : le moteur de rendu n’a pas démarré.</translation>
    </message>
    <message>
        <source>Maps drawn by GeoPub use the QGIS style and are not concerned.</source>
        <translation>Les cartes dessinées par GeoPub emploient le style QGIS et ne sont pas concernées.</translation>
    </message>
    <message>
        <source>Maps drawn by GeoPub use the QGIS style and are not concerned. For other servers, simplify the style.</source>
        <translation>Les cartes dessinées par GeoPub utilisent le style de QGIS et ne sont pas concernées. Pour d’autres serveurs, simplifiez le style.</translation>
    </message>
    <message>
        <source>Maps read version 8.</source>
        <translation>Les cartes lisent la version 8.</translation>
    </message>
    <message>
        <source>Maps zoom in further by enlarging the tiles of the last level.</source>
        <translation>Au-delà, les cartes agrandissent les tuiles du dernier niveau.</translation>
    </message>
    <message>
        <source>Markers in the middle of polygons may stand elsewhere, or repeat in tiles.</source>
        <translation>Les marqueurs au milieu des polygones peuvent se trouver ailleurs, ou se répéter dans les tuiles.</translation>
    </message>
    <message>
        <source>Markers on vertices or ends of lines are drawn in the middle of lines.</source>
        <translation>Les marqueurs sur les sommets ou les bouts des lignes sont dessinés au milieu des lignes.</translation>
    </message>
    <message>
        <source>MB</source>
        <translation>Mo</translation>
    </message>
    <message>
        <source>Measures left out</source>
        <translation>Mesures laissées de côté</translation>
    </message>
    <message>
        <source>Merge areas by attribute</source>
        <translation>Fusion attributaire de données surfaciques</translation>
    </message>
    <message>
        <source>Message not sent: the settings of this backend name no webhook any more.</source>
        <translation>Message non envoyé : les réglages de ce serveur ne désignent plus de webhook.</translation>
    </message>
    <message>
        <source>Message not sent: {way} ({reason}).</source>
        <translation>Message non envoyé : {way} ({reason}).</translation>
    </message>
    <message>
        <source>Message sent: {way}.</source>
        <translation>Message envoyé : {way}.</translation>
    </message>
    <message>
        <source>Metadata</source>
        <translation>Métadonnées</translation>
    </message>
    <message>
        <source>Metadata (*.xml)</source>
        <translation>Métadonnées (*.xml)</translation>
    </message>
    <message>
        <source>Metadata (CSW)</source>
        <translation>Métadonnées (CSW)</translation>
    </message>
    <message>
        <source>Metadata catalogue</source>
        <translation>Catalogue de métadonnées</translation>
    </message>
    <message>
        <source>Metadata record</source>
        <translation>Fiche de métadonnées</translation>
    </message>
    <message>
        <source>Meteorological geographical features</source>
        <translation>Caractéristiques géographiques météorologiques</translation>
    </message>
    <message>
        <source>Military</source>
        <translation>Militaire</translation>
    </message>
    <message>
        <source>Mineral resources</source>
        <translation>Ressources minérales</translation>
    </message>
    <message>
        <source>Missing file</source>
        <translation>Fichier manquant</translation>
    </message>
    <message>
        <source>Missing table</source>
        <translation>Table manquante</translation>
    </message>
    <message>
        <source>Modify its configuration and synchronise it.</source>
        <translation>Modifiez sa configuration et synchronisez-le.</translation>
    </message>
    <message>
        <source>Moment, or period with “/” between its ends; “..” is an open end</source>
        <translation>Moment, ou période avec « / » entre ses bouts ; « .. » est une fin ouverte</translation>
    </message>
    <message>
        <source>Monthly</source>
        <translation>Chaque mois</translation>
    </message>
    <message>
        <source>More errors: {count}.</source>
        <translation>Autres erreurs : {count}.</translation>
    </message>
    <message>
        <source>More: versions, unpublish, delete</source>
        <translation>Plus : versions, dépublication, suppression</translation>
    </message>
    <message>
        <source>Most programs, and every style, expect one kind in a table.</source>
        <translation>La plupart des logiciels, et tous les styles, en attendent un seul dans une table.</translation>
    </message>
    <message>
        <source>My layer “{layer}”</source>
        <translation>Ma couche « {layer} »</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Nom</translation>
    </message>
    <message>
        <source>Name a property of the feature type, then ASC or DESC.</source>
        <translation>Nommez une propriété du type d’objets, puis ASC ou DESC.</translation>
    </message>
    <message>
        <source>Name each file after its table, or give one file for all of them.</source>
        <translation>Donnez à chaque fichier le nom de sa table, ou donnez un seul fichier pour toutes.</translation>
    </message>
    <message>
        <source>Name in requests</source>
        <translation>Nom dans les requêtes</translation>
    </message>
    <message>
        <source>Name it in LAYERS too, or leave it out.</source>
        <translation>Nommez-la aussi dans LAYERS, ou retirez-la.</translation>
    </message>
    <message>
        <source>Name it with 32 hexadecimal digits, or send it in chunks.</source>
        <translation>Donnez-lui un nom de 32 chiffres hexadécimaux, ou envoyez-le par morceaux.</translation>
    </message>
    <message>
        <source>Name of the files (none: the layer’s)</source>
        <translation>Nom des fichiers (vide : celui de la couche)</translation>
    </message>
    <message>
        <source>Name one style per layer, or leave STYLES empty.</source>
        <translation>Nommez un style par couche, ou laissez STYLES vide.</translation>
    </message>
    <message>
        <source>Name the columns lon and lat, x and y, or wkt (or geom, the_geom, wkb, json) in the first line.</source>
        <translation>Nommez les colonnes lon et lat, x et y, ou wkt (ou geom, the_geom, wkb, json) dans la première ligne.</translation>
    </message>
    <message>
        <source>Name the file like its table, or choose the table.</source>
        <translation>Nommez le fichier comme sa table, ou choisissez la table.</translation>
    </message>
    <message>
        <source>Names that services cannot carry were changed:</source>
        <translation>Des noms que les services n’acceptent pas ont été modifiés :</translation>
    </message>
    <message>
        <source>Natural risk zones</source>
        <translation>Zones à risque naturel</translation>
    </message>
    <message>
        <source>Neighbours with the same attributes become one.</source>
        <translation>Les voisines de mêmes attributs n’en font plus qu’une.</translation>
    </message>
    <message>
        <source>New keys</source>
        <translation>Nouvelles clés</translation>
    </message>
    <message>
        <source>Next page</source>
        <translation>Page suivante</translation>
    </message>
    <message>
        <source>No answer came in time.</source>
        <translation>Aucune réponse n’est venue à temps.</translation>
    </message>
    <message>
        <source>No backend runs on the data folder {path}.</source>
        <translation>Aucun moteur ne tourne sur le dossier de données {path}.</translation>
    </message>
    <message>
        <source>No base map</source>
        <translation>Aucun fond de carte</translation>
    </message>
    <message>
        <source>No coordinate reference system</source>
        <translation>Pas de système de coordonnées</translation>
    </message>
    <message>
        <source>No coordinates in the table</source>
        <translation>Pas de coordonnées dans le tableau</translation>
    </message>
    <message>
        <source>No data folder is given.</source>
        <translation>Aucun dossier de données n’est donné.</translation>
    </message>
    <message>
        <source>No data in the archive</source>
        <translation>Pas de données dans l’archive</translation>
    </message>
    <message>
        <source>No difference.</source>
        <translation>Aucune différence.</translation>
    </message>
    <message>
        <source>No e-mail is sent: the settings of this backend name no mail server.</source>
        <translation>Aucun courriel n’est envoyé : les réglages de ce service ne nomment pas de serveur de messagerie.</translation>
    </message>
    <message>
        <source>No feature type of this name is published here.</source>
        <translation>Aucun type d’objets de ce nom n’est publié ici.</translation>
    </message>
    <message>
        <source>No geometry of the table “{table}” can be read.</source>
        <translation>Aucune géométrie de la table « {table} » ne peut être lue.</translation>
    </message>
    <message>
        <source>No jobs yet.</source>
        <translation>Pas encore de traitement.</translation>
    </message>
    <message>
        <source>No metadata record</source>
        <translation>Pas de fiche de métadonnées</translation>
    </message>
    <message>
        <source>No more metadata can be published here.</source>
        <translation>Plus aucune métadonnée ne peut être publiée ici.</translation>
    </message>
    <message>
        <source>No permission of yours that is given here is for it.</source>
        <translation>Aucune de vos permissions données ici ne la concerne.</translation>
    </message>
    <message>
        <source>No property of its collections is an array.</source>
        <translation>Aucun attribut de ses collections n’est un tableau.</translation>
    </message>
    <message>
        <source>No published type has such features.</source>
        <translation>Aucun type publié n’a de tels objets.</translation>
    </message>
    <message>
        <source>No Python was found to run the publishing backend with.</source>
        <translation>Aucun Python n’a été trouvé pour faire tourner le moteur de publication.</translation>
    </message>
    <message>
        <source>No readable coordinates</source>
        <translation>Coordonnées illisibles partout</translation>
    </message>
    <message>
        <source>No readable geometry</source>
        <translation>Aucune géométrie lisible</translation>
    </message>
    <message>
        <source>No record.</source>
        <translation>Pas de fiche.</translation>
    </message>
    <message>
        <source>No record: fill it in under All settings.</source>
        <translation>Pas de fiche : remplissez-la dans Tous les réglages.</translation>
    </message>
    <message>
        <source>No room was left while writing in {path}.</source>
        <translation>Il ne restait plus de place en écrivant dans {path}.</translation>
    </message>
    <message>
        <source>No row of “{name}” has coordinates that can be read.</source>
        <translation>Aucune ligne de « {name} » n’a de coordonnées lisibles.</translation>
    </message>
    <message>
        <source>No storage of the datastore carries the label {label}.</source>
        <translation>Aucun stockage de l’entrepôt ne porte l’étiquette {label}.</translation>
    </message>
    <message>
        <source>No style: GeoPub's own colours</source>
        <translation>Aucun style : les couleurs de GeoPub</translation>
    </message>
    <message>
        <source>No table has an attribute “{name}”.</source>
        <translation>Aucune table n’a d’attribut « {name} ».</translation>
    </message>
    <message>
        <source>No tiles can be made of “{name}”.</source>
        <translation>Aucune tuile ne peut être faite de « {name} ».</translation>
    </message>
    <message>
        <source>No vector table</source>
        <translation>Aucune table vectorielle</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Aucun</translation>
    </message>
    <message>
        <source>none</source>
        <translation>aucune</translation>
    </message>
    <message>
        <source>None of its corners has coordinates there.</source>
        <translation>Aucun de ses coins n’y a de coordonnées.</translation>
    </message>
    <message>
        <source>None of its files is a GeoPackage, a shapefile, a FlatGeobuf, a GeoJSON or a CSV file.</source>
        <translation>Aucun de ses fichiers n’est un GeoPackage, un shapefile, un FlatGeobuf, un GeoJSON ou un CSV.</translation>
    </message>
    <message>
        <source>None of its rules has an equivalent there.</source>
        <translation>Aucune de ses règles n’y a d’équivalent.</translation>
    </message>
    <message>
        <source>None of the versions {names} is served.</source>
        <translation>Aucune des versions {names} n’est servie.</translation>
    </message>
    <message>
        <source>Not planned</source>
        <translation>Non prévue</translation>
    </message>
    <message>
        <source>Not published</source>
        <translation>Non publié</translation>
    </message>
    <message>
        <source>Not run: “{name}” has failed.</source>
        <translation>Non exécutée : « {name} » a échoué.</translation>
    </message>
    <message>
        <source>Not started</source>
        <translation>Pas encore démarré</translation>
    </message>
    <message>
        <source>not stated</source>
        <translation>non indiquée</translation>
    </message>
    <message>
        <source>Nothing equals NULL.</source>
        <translation>Rien n’est égal à NULL.</translation>
    </message>
    <message>
        <source>Nothing forbids publishing.</source>
        <translation>Rien n’interdit la publication.</translation>
    </message>
    <message>
        <source>Nothing forbids the publication.</source>
        <translation>Rien ne s’oppose à la publication.</translation>
    </message>
    <message>
        <source>Nothing is public at {path}.</source>
        <translation>Rien n’est public à l’adresse {path}.</translation>
    </message>
    <message>
        <source>Nothing is published as “{name}”.</source>
        <translation>Rien n’est publié sous le nom « {name} ».</translation>
    </message>
    <message>
        <source>Nothing is published here yet.</source>
        <translation>Rien n’est encore publié ici.</translation>
    </message>
    <message>
        <source>Nothing is published yet.</source>
        <translation>Rien n’est encore publié.</translation>
    </message>
    <message>
        <source>Nothing is to be done: the next start of the backend mends it.</source>
        <translation>Il n’y a rien à faire : le prochain démarrage du moteur y remédie.</translation>
    </message>
    <message>
        <source>Nothing is wrong with the style.</source>
        <translation>Ce style ne présente aucune anomalie.</translation>
    </message>
    <message>
        <source>Nothing more can be published in this datastore.</source>
        <translation>Rien de plus ne peut être publié dans cet entrepôt.</translation>
    </message>
    <message>
        <source>Nothing more can be published on “{endpoint}”.</source>
        <translation>Rien de plus ne peut être publié sur « {endpoint} ».</translation>
    </message>
    <message>
        <source>Nothing of the style can be drawn by a map in the browser.</source>
        <translation>Rien dans ce style ne peut être dessiné par une carte dans le navigateur.</translation>
    </message>
    <message>
        <source>Nothing was added to it yet.</source>
        <translation>Rien n’y a encore été ajouté.</translation>
    </message>
    <message>
        <source>Nothing was chosen.</source>
        <translation>Rien n’a été choisi.</translation>
    </message>
    <message>
        <source>Nothing was found here.</source>
        <translation>Rien n’a été trouvé ici.</translation>
    </message>
    <message>
        <source>Nothing was interrupted.</source>
        <translation>Rien n’a été interrompu.</translation>
    </message>
    <message>
        <source>Nothing would be drawn.</source>
        <translation>Rien ne serait dessiné.</translation>
    </message>
    <message>
        <source>Number of faults that forbid publishing</source>
        <translation>Nombre d’anomalies qui interdisent la publication</translation>
    </message>
    <message>
        <source>Number of other faults</source>
        <translation>Nombre d’autres anomalies</translation>
    </message>
    <message>
        <source>Number of services taken off</source>
        <translation>Nombre de services retirés</translation>
    </message>
    <message>
        <source>Number of things that a format loses</source>
        <translation>Nombre d’éléments perdus par un format</translation>
    </message>
    <message>
        <source>Oceanographic geographical features</source>
        <translation>Caractéristiques géographiques océanographiques</translation>
    </message>
    <message>
        <source>Oceans</source>
        <translation>Océans</translation>
    </message>
    <message>
        <source>Of data, a style, or metadata.</source>
        <translation>De données, d’un style ou de métadonnées.</translation>
    </message>
    <message>
        <source>OK</source>
        <translation>OK</translation>
    </message>
    <message>
        <source>On the web</source>
        <translation>Sur le web</translation>
    </message>
    <message>
        <source>On this computer: nothing leaves it.</source>
        <translation>Sur cet ordinateur : rien n’en sort.</translation>
    </message>
    <message>
        <source>One of its elements has too many attributes.</source>
        <translation>Un de ses éléments a trop d’attributs.</translation>
    </message>
    <message>
        <source>Only 10 × 10 tiles around LONGITUDE,LATITUDE.</source>
        <translation>Seulement 10 × 10 tuiles autour de LONGITUDE,LATITUDE.</translation>
    </message>
    <message>
        <source>Only a pyramid that was made of an area can be completed.</source>
        <translation>Seule une pyramide calculée sur une zone peut être complétée.</translation>
    </message>
    <message>
        <source>Only data of one format is published: {family}.</source>
        <translation>Seules les données d’un format sont publiées : {family}.</translation>
    </message>
    <message>
        <source>Only its key or its geometry was chosen, which tiles carry in any case.</source>
        <translation>Seules sa clé ou sa géométrie ont été choisies, que les tuiles portent de toute façon.</translation>
    </message>
    <message>
        <source>Only its present supervisor may.</source>
        <translation>Seul son superviseur actuel le peut.</translation>
    </message>
    <message>
        <source>Only marks, lines, fills and texts are drawn from a style that a request brings along.</source>
        <translation>D’un style apporté par une requête, seuls les symboles, lignes, remplissages et textes sont dessinés.</translation>
    </message>
    <message>
        <source>Only one may: it does the work of all executions.</source>
        <translation>Un seul le peut : il fait le travail de toutes les exécutions.</translation>
    </message>
    <message>
        <source>Only pictures</source>
        <translation>Des images seulement</translation>
    </message>
    <message>
        <source>Only programs on this computer reach the services. Nothing leaves it.</source>
        <translation>Seuls les programmes de cet ordinateur atteignent les services. Rien n’en sort.</translation>
    </message>
    <message>
        <source>Only rows for which this holds, as in SQL, such as pop &gt; 1000.</source>
        <translation>Seulement les lignes qui vérifient ceci, comme en SQL, par exemple pop &gt; 1000.</translation>
    </message>
    <message>
        <source>Only say how many tiles, how large and how long.</source>
        <translation>Dire seulement combien de tuiles, quelle taille et quelle durée.</translation>
    </message>
    <message>
        <source>Only say what was interrupted, and where.</source>
        <translation>Dire seulement ce qui a été interrompu, et où.</translation>
    </message>
    <message>
        <source>Only SLD 1.0.0 and 1.1.0 are read here.</source>
        <translation>Seuls les SLD 1.0.0 et 1.1.0 sont lus ici.</translation>
    </message>
    <message>
        <source>Only SVG, PNG, JPEG, GIF and WebP of at most {size} kB are.</source>
        <translation>Seuls le sont SVG, PNG, JPEG, GIF et WebP de {size} ko au plus.</translation>
    </message>
    <message>
        <source>Only the features that the layer's filter lets through will be published.</source>
        <translation>Seules les entités que le filtre de la couche laisse passer seront publiées.</translation>
    </message>
    <message>
        <source>Only the geometry can be compared with a geometry.</source>
        <translation>Seule la géométrie peut être comparée à une géométrie.</translation>
    </message>
    <message>
        <source>Only the members of this community have.</source>
        <translation>Seuls les membres de cette communauté y ont accès.</translation>
    </message>
    <message>
        <source>Only this computer reaches these addresses. Sharing on the network is in the settings.</source>
        <translation>Seul cet ordinateur atteint ces adresses. Le partage sur le réseau se règle dans les préférences de GeoPub.</translation>
    </message>
    <message>
        <source>Only this one, by its name or identifier.</source>
        <translation>Seulement celle-ci, par son nom ou son identifiant.</translation>
    </message>
    <message>
        <source>Only this table (may be repeated).</source>
        <translation>Cette table seulement (peut être répété).</translation>
    </message>
    <message>
        <source>Only tiles that meet this POLYGON (WKT in longitude and latitude).</source>
        <translation>Seulement les tuiles qui touchent ce POLYGON (WKT en longitude et latitude).</translation>
    </message>
    <message>
        <source>Open it again first.</source>
        <translation>Rouvrez-la d’abord.</translation>
    </message>
    <message>
        <source>Open it in QGIS: if it shows there, export it as a GeoPackage and send that.</source>
        <translation>Ouvrez-le dans QGIS : s’il s’y affiche, exportez-le en GeoPackage et envoyez celui-ci.</translation>
    </message>
    <message>
        <source>Open preview</source>
        <translation>Ouvrir l’aperçu</translation>
    </message>
    <message>
        <source>Open the file in a text editor or save it again from the program that made it.</source>
        <translation>Ouvrez le fichier dans un éditeur de texte, ou enregistrez-le à nouveau depuis le programme qui l’a produit.</translation>
    </message>
    <message>
        <source>Open the file once in QGIS, which undoes it, then try again.</source>
        <translation>Ouvrez le fichier une fois dans QGIS, qui le défait, puis réessayez.</translation>
    </message>
    <message>
        <source>Open the style in QGIS, correct it and publish it again.</source>
        <translation>Ouvrez le style dans QGIS, corrigez-le et publiez-le de nouveau.</translation>
    </message>
    <message>
        <source>Open the web page of the services</source>
        <translation>Ouvrir la page web des services</translation>
    </message>
    <message>
        <source>Open web viewer</source>
        <translation>Ouvrir la visionneuse web</translation>
    </message>
    <message>
        <source>or technical name of the publication</source>
        <translation>ou nom technique de la publication</translation>
    </message>
    <message>
        <source>Organisation</source>
        <translation>Organisme</translation>
    </message>
    <message>
        <source>Origin (optional)</source>
        <translation>Généalogie (optionnel)</translation>
    </message>
    <message>
        <source>Orthoimagery</source>
        <translation>Ortho-imagerie</translation>
    </message>
    <message>
        <source>Other coordinate reference system than declared</source>
        <translation>Autre système de coordonnées que celui déclaré</translation>
    </message>
    <message>
        <source>Other delivered files</source>
        <translation>Autres fichiers livrés</translation>
    </message>
    <message>
        <source>Other delivered files left out: {count}.</source>
        <translation>Autres fichiers livrés laissés de côté : {count}.</translation>
    </message>
    <message>
        <source>Other files in the archive</source>
        <translation>Autres fichiers dans l’archive</translation>
    </message>
    <message>
        <source>Other files in the archive “{name}” left out: {count}.</source>
        <translation>Autres fichiers de l’archive « {name} » laissés de côté : {count}.</translation>
    </message>
    <message>
        <source>Part of the addresses of the services. Automatic keeps the one of the last time.</source>
        <translation>Il fait partie des adresses des services. « Automatique » garde celui de la dernière fois.</translation>
    </message>
    <message>
        <source>Part of the addresses of the services; it cannot be changed later.</source>
        <translation>Il fait partie des adresses des services ; il ne pourra plus être changé.</translation>
    </message>
    <message>
        <source>Password</source>
        <translation>Mot de passe</translation>
    </message>
    <message>
        <source>Permission</source>
        <translation>Permission</translation>
    </message>
    <message>
        <source>Pictures are at most {largest} × {largest} pixels.</source>
        <translation>Les images ont au plus {largest} × {largest} pixels.</translation>
    </message>
    <message>
        <source>Placement options of labels are left out.</source>
        <translation>Les options de placement des étiquettes sont omises.</translation>
    </message>
    <message>
        <source>Planning, cadastre</source>
        <translation>Planification, cadastre</translation>
    </message>
    <message>
        <source>points</source>
        <translation>points</translation>
    </message>
    <message>
        <source>points, lines and areas</source>
        <translation>points, lignes et surfaces</translation>
    </message>
    <message>
        <source>polygons</source>
        <translation>polygones</translation>
    </message>
    <message>
        <source>Polygons without area in the table “{table}”: {count}. Their features stay, without a geometry.</source>
        <translation>Polygones sans surface dans la table « {table} » : {count}. Leurs entités restent, sans géométrie.</translation>
    </message>
    <message>
        <source>Population distribution — demography</source>
        <translation>Répartition de la population — démographie</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
    <message>
        <source>port</source>
        <translation>port</translation>
    </message>
    <message>
        <source>Port on 127.0.0.1</source>
        <translation>Port sur 127.0.0.1</translation>
    </message>
    <message>
        <source>Post the request as XML to filter.</source>
        <translation>Pour filtrer, envoyez la requête en XML (POST).</translation>
    </message>
    <message>
        <source>Prefix of names</source>
        <translation>Préfixe des noms</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>Aperçu</translation>
    </message>
    <message>
        <source>Preview of “{title}”</source>
        <translation>Aperçu de « {title} »</translation>
    </message>
    <message>
        <source>Previous page</source>
        <translation>Page précédente</translation>
    </message>
    <message>
        <source>Previous step</source>
        <translation>Étape précédente</translation>
    </message>
    <message>
        <source>Print one JSON document on standard output.</source>
        <translation>Écrire un seul document JSON sur la sortie standard.</translation>
    </message>
    <message>
        <source>process {pid}</source>
        <translation>le processus {pid}</translation>
    </message>
    <message>
        <source>process {pid} at {url}</source>
        <translation>le processus {pid} à l’adresse {url}</translation>
    </message>
    <message>
        <source>Production and industrial facilities</source>
        <translation>Lieux de production et sites industriels</translation>
    </message>
    <message>
        <source>PROJ does not find it in its database.</source>
        <translation>PROJ ne le trouve pas dans sa base.</translation>
    </message>
    <message>
        <source>PROJ knows no operation between the two.</source>
        <translation>PROJ ne connaît aucune opération entre les deux.</translation>
    </message>
    <message>
        <source>Properties of the features</source>
        <translation>Attributs des entités</translation>
    </message>
    <message>
        <source>Properties to filter by</source>
        <translation>Attributs pour filtrer</translation>
    </message>
    <message>
        <source>Properties to send, instead of all</source>
        <translation>Attributs à envoyer, au lieu de tous</translation>
    </message>
    <message>
        <source>Properties to sort by</source>
        <translation>Attributs pour trier</translation>
    </message>
    <message>
        <source>Properties to sort by, “-” before those that descend</source>
        <translation>Attributs de tri, « - » devant ceux qui décroissent</translation>
    </message>
    <message>
        <source>Protected sites</source>
        <translation>Sites protégés</translation>
    </message>
    <message>
        <source>Prove that catalogue and files agree; the backend must not run.</source>
        <translation>Prouver que le catalogue et les fichiers concordent ; le moteur doit être arrêté.</translation>
    </message>
    <message>
        <source>Public file</source>
        <translation>Fichier public</translation>
    </message>
    <message>
        <source>Public name (optional)</source>
        <translation>Nom public (optionnel)</translation>
    </message>
    <message>
        <source>Publication</source>
        <translation>Publication</translation>
    </message>
    <message>
        <source>Publication of “{title}”</source>
        <translation>Publication de « {title} »</translation>
    </message>
    <message>
        <source>Publish</source>
        <translation>Publier</translation>
    </message>
    <message>
        <source>Publish a GeoPackage, GeoJSON, CSV, FlatGeobuf, or a zip of these or of shapefiles; print the addresses.</source>
        <translation>Publier un GeoPackage, GeoJSON, CSV, FlatGeobuf, ou un zip de ceux-ci ou de shapefiles ; afficher les adresses.</translation>
    </message>
    <message>
        <source>Publish again when the tables behind it change.</source>
        <translation>Publiez à nouveau quand les tables derrière elle changent.</translation>
    </message>
    <message>
        <source>Publish group…</source>
        <translation>Publier le groupe…</translation>
    </message>
    <message>
        <source>Publish it for everybody, or ask the administrator for an endpoint with restricted access.</source>
        <translation>Publiez-le pour tous, ou demandez à l’administrateur un point d’accès restreint.</translation>
    </message>
    <message>
        <source>Publish it with “open”: true, or on a private endpoint.</source>
        <translation>Publiez-le avec « open » : true, ou sur un point d’accès privé.</translation>
    </message>
    <message>
        <source>Publish layer</source>
        <translation>Publier une couche</translation>
    </message>
    <message>
        <source>Publish layers as live WFS, WMS and vector tile services.</source>
        <translation>Publier des couches en services WFS, WMS et tuiles vectorielles.</translation>
    </message>
    <message>
        <source>Publish layer…</source>
        <translation>Publier la couche…</translation>
    </message>
    <message>
        <source>Publish now</source>
        <translation>Publier maintenant</translation>
    </message>
    <message>
        <source>Publish the current layer…</source>
        <translation>Publier la couche courante…</translation>
    </message>
    <message>
        <source>Publish the file again.</source>
        <translation>Publiez le fichier à nouveau.</translation>
    </message>
    <message>
        <source>Publish the layer again.</source>
        <translation>Publiez à nouveau la couche.</translation>
    </message>
    <message>
        <source>Publish the layer as a whole.</source>
        <translation>Publiez la couche en entier.</translation>
    </message>
    <message>
        <source>Publish the style again.</source>
        <translation>Publiez à nouveau le style.</translation>
    </message>
    <message>
        <source>Publish the style from where these files are: they are packed in. Or embed them in QGIS.</source>
        <translation>Publiez le style depuis l’endroit où sont ces fichiers : ils y sont intégrés. Ou intégrez-les dans QGIS.</translation>
    </message>
    <message>
        <source>Publish with the layer's style</source>
        <translation>Publier avec le style de la couche</translation>
    </message>
    <message>
        <source>Publish {count} layers…</source>
        <translation>Publier {count} couches…</translation>
    </message>
    <message>
        <source>Publish “{layer}”</source>
        <translation>Publier « {layer} »</translation>
    </message>
    <message>
        <source>Publish “{title}”</source>
        <translation>Publier « {title} »</translation>
    </message>
    <message>
        <source>Published</source>
        <translation>Publié</translation>
    </message>
    <message>
        <source>published</source>
        <translation>publiée</translation>
    </message>
    <message>
        <source>Published by GeoPub as “{name}” in “{datasheet}”.</source>
        <translation>Publiée par GeoPub sous le nom « {name} » dans « {datasheet} ».</translation>
    </message>
    <message>
        <source>Published layer</source>
        <translation>Couche publiée</translation>
    </message>
    <message>
        <source>Published names have only lower-case letters without accents, digits and “_”, and no two are equal.</source>
        <translation>Les noms publiés n’ont que des minuscules sans accent, des chiffres et « _ », et aucun n’apparaît deux fois.</translation>
    </message>
    <message>
        <source>Published with GeoPub.</source>
        <translation>Publié avec GeoPub.</translation>
    </message>
    <message>
        <source>Publishes a layer again as it was published last, or only its style, or only its description; all addresses stay.
A layer remembers its publication in the project. One that does not, such as a file given to qgis_process, needs the technical name of what it replaces.</source>
        <translation>Publie à nouveau une couche comme la dernière fois, ou seulement son style, ou seulement sa description ; toutes les adresses restent.
Une couche se souvient de sa publication dans le projet. Pour une autre, comme un fichier donné à qgis_process, indiquez le nom technique de ce qu’elle remplace.</translation>
    </message>
    <message>
        <source>Publishes a layer as live services (WFS, WMS, vector tiles) with its style: what the layer shows, filter, joins and edits not saved yet included.
Everything that is left empty is proposed from the layer. A layer that is published already under the same name is updated, and its addresses stay.
In qgis_process the engine of this computer ends with the algorithm; what was published is live again when QGIS, or geopub serve, next starts it.</source>
        <translation>Publie une couche sous forme de services (WFS, WMS, tuiles vectorielles) avec son style : ce que montre la couche, filtre, jointures et modifications non enregistrées compris.
Tout ce qui reste vide est proposé d’après la couche. Une couche déjà publiée sous le même nom est mise à jour, et ses adresses restent.
Dans qgis_process, le moteur de cet ordinateur s’arrête avec l’algorithme ; ce qui a été publié répond à nouveau dès que QGIS, ou geopub serve, le redémarre.</translation>
    </message>
    <message>
        <source>Publishing needs a community with a datastore, and the right to upload into it.</source>
        <translation>Publier demande une communauté dotée d’un entrepôt, et le droit d’y livrer.</translation>
    </message>
    <message>
        <source>Put all of them, under one name, into a zip file.</source>
        <translation>Mettez-les tous, sous un même nom, dans un fichier zip.</translation>
    </message>
    <message>
        <source>Put FILES in the place of those of STYLE; addresses and name stay.</source>
        <translation>Mettre FILES à la place de ceux de STYLE ; adresses et nom restent.</translation>
    </message>
    <message>
        <source>Put only the data into the archive.</source>
        <translation>Ne mettez que les données dans l’archive.</translation>
    </message>
    <message>
        <source>Put the data into the archive, not a folder of other archives.</source>
        <translation>Mettez les données dans l’archive, non un dossier d’autres archives.</translation>
    </message>
    <message>
        <source>Pyramids cannot be read.</source>
        <translation>Des pyramides ne peuvent pas être lues.</translation>
    </message>
    <message>
        <source>Python 3.9 or later is needed.</source>
        <translation>Python 3.9 ou plus récent est nécessaire.</translation>
    </message>
    <message>
        <source>QGIS cannot draw points, lines and polygons in one geometry, and so cannot style them.</source>
        <translation>QGIS ne sait pas dessiner des points, des lignes et des polygones réunis dans une même géométrie, ni leur donner un style.</translation>
    </message>
    <message>
        <source>QGIS cannot draw with the style of “{table}”.</source>
        <translation>QGIS ne peut pas dessiner avec le style de « {table} ».</translation>
    </message>
    <message>
        <source>QGIS could not sign in with the authentication configuration “{id}”.</source>
        <translation>QGIS n’a pas pu se connecter avec la configuration d’authentification « {id} ».</translation>
    </message>
    <message>
        <source>QGIS does not read it.</source>
        <translation>QGIS ne le lit pas.</translation>
    </message>
    <message>
        <source>QGIS has no SLD for: {symbol}.</source>
        <translation>QGIS n’a pas d’équivalent SLD pour : {symbol}.</translation>
    </message>
    <message>
        <source>QGIS says: {message}</source>
        <translation>QGIS dit : {message}</translation>
    </message>
    <message>
        <source>QGIS's authentication database did not take it.</source>
        <translation>La base d’authentification de QGIS ne l’a pas acceptée.</translation>
    </message>
    <message>
        <source>QML draws as QGIS does. An SLD is applied to its table whatever name it gives to the layer.</source>
        <translation>Un style QML dessine comme QGIS. Un SLD s’applique à sa table, quel que soit le nom qu’il donne à la couche.</translation>
    </message>
    <message>
        <source>QML or SLD; several files are named like their tables.</source>
        <translation>QML ou SLD ; plusieurs fichiers portent les noms de leurs tables.</translation>
    </message>
    <message>
        <source>QML, SLD or Mapbox style; several files are named like their tables.</source>
        <translation>QML, SLD ou style Mapbox ; plusieurs fichiers portent les noms de leurs tables.</translation>
    </message>
    <message>
        <source>QR code of {address}</source>
        <translation>Code QR de {address}</translation>
    </message>
    <message>
        <source>Raster tables left out</source>
        <translation>Tables raster laissées de côté</translation>
    </message>
    <message>
        <source>Raster tables left out: {count}.</source>
        <translation>Tables raster laissées de côté : {count}.</translation>
    </message>
    <message>
        <source>Reading {name}</source>
        <translation>Lecture de {name}</translation>
    </message>
    <message>
        <source>Rebuilding tiles</source>
        <translation>Reconstruction des tuiles</translation>
    </message>
    <message>
        <source>Refresh</source>
        <translation>Actualiser</translation>
    </message>
    <message>
        <source>Refresh the list, and publish the layer again if it stays so.</source>
        <translation>Actualisez la liste, et publiez de nouveau la couche si cela persiste.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Retirer</translation>
    </message>
    <message>
        <source>Remove a program, with its tokens.</source>
        <translation>Supprimer un programme, avec ses jetons.</translation>
    </message>
    <message>
        <source>Remove a user, with keys and tokens.</source>
        <translation>Supprimer un utilisateur, avec ses clés et ses jetons.</translation>
    </message>
    <message>
        <source>Remove that character.</source>
        <translation>Retirez ce caractère.</translation>
    </message>
    <message>
        <source>Remove the &lt;!DOCTYPE …&gt; declaration.</source>
        <translation>Retirez la déclaration &lt;!DOCTYPE …&gt;.</translation>
    </message>
    <message>
        <source>Remove the filter</source>
        <translation>Retirer le filtre</translation>
    </message>
    <message>
        <source>Remove the filter first to publish all of them.</source>
        <translation>Enlevez d’abord le filtre pour les publier toutes.</translation>
    </message>
    <message>
        <source>Remove what is no longer needed on this disk, or use a data folder on another one.</source>
        <translation>Supprimez de ce disque ce qui ne sert plus, ou utilisez un dossier de données sur un autre disque.</translation>
    </message>
    <message>
        <source>Remove what is no longer needed on this disk, then start the step again.</source>
        <translation>Supprimez de ce disque ce qui ne sert plus, puis relancez l’étape.</translation>
    </message>
    <message>
        <source>Removed rows</source>
        <translation>Lignes supprimées</translation>
    </message>
    <message>
        <source>Remove…</source>
        <translation>Retirer…</translation>
    </message>
    <message>
        <source>Rename it in QGIS and try again.</source>
        <translation>Renommez-la dans QGIS et recommencez.</translation>
    </message>
    <message>
        <source>Rename one of them.</source>
        <translation>Renommez l’une d’elles.</translation>
    </message>
    <message>
        <source>Rename “{style}”</source>
        <translation>Renommer « {style} »</translation>
    </message>
    <message>
        <source>Renamed columns</source>
        <translation>Colonnes renommées</translation>
    </message>
    <message>
        <source>Renamed table</source>
        <translation>Table renommée</translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation>Renommer…</translation>
    </message>
    <message>
        <source>Repair the data source of the layer, then publish again.</source>
        <translation>Réparez la source de données de la couche, puis publiez de nouveau.</translation>
    </message>
    <message>
        <source>Repair the file in QGIS (Export ▸ Save Features As…) and try again.</source>
        <translation>Réparez le fichier dans QGIS (Exporter ▸ Sauvegarder les entités sous…) et recommencez.</translation>
    </message>
    <message>
        <source>Repair the shapes</source>
        <translation>Réparer les formes</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>Remplacer</translation>
    </message>
    <message>
        <source>Replace “{style}”</source>
        <translation>Remplacer « {style} »</translation>
    </message>
    <message>
        <source>Replace…</source>
        <translation>Remplacer…</translation>
    </message>
    <message>
        <source>Report it, with the log of the backend.</source>
        <translation>Signalez-le, avec le journal du moteur.</translation>
    </message>
    <message>
        <source>Restore the data folder from a backup, or deliver and publish the data again.</source>
        <translation>Restaurez le dossier de données depuis une sauvegarde, ou livrez et publiez de nouveau les données.</translation>
    </message>
    <message>
        <source>Restore the folder from a backup, or give a new folder.</source>
        <translation>Restaurez le dossier depuis une sauvegarde, ou donnez un nouveau dossier.</translation>
    </message>
    <message>
        <source>Restricted</source>
        <translation>Restreint</translation>
    </message>
    <message>
        <source>Restricted: the GeoPub panel previews it, and adds it to the project.</source>
        <translation>Accès restreint : le panneau GeoPub l’affiche en aperçu et l’ajoute au projet.</translation>
    </message>
    <message>
        <source>Restricted: who has a key and a permission</source>
        <translation>Restreint : réservé à qui détient une clé et une permission</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Reprendre</translation>
    </message>
    <message>
        <source>Resume “{name}”</source>
        <translation>Reprendre « {name} »</translation>
    </message>
    <message>
        <source>Revision</source>
        <translation>Révision</translation>
    </message>
    <message>
        <source>Revisions of “{name}” cannot be compared.</source>
        <translation>Les révisions de « {name} » ne peuvent pas être comparées.</translation>
    </message>
    <message>
        <source>Right-click on the layer, “Update publication”.</source>
        <translation>Clic droit sur la couche, « Mettre à jour la publication ».</translation>
    </message>
    <message>
        <source>roads, rivers, pipes</source>
        <translation>routes, rivières, conduites</translation>
    </message>
    <message>
        <source>Room</source>
        <translation>Espace</translation>
    </message>
    <message>
        <source>Rows of another length</source>
        <translation>Lignes d’une autre longueur</translation>
    </message>
    <message>
        <source>Rows of the catalogue refer to what is not there.</source>
        <translation>Des lignes du catalogue renvoient à ce qui n’existe pas.</translation>
    </message>
    <message>
        <source>Rows of “{name}” of another length than the first: {count}. What is missing is NULL, what is too much goes.</source>
        <translation>Lignes de « {name} » d’une autre longueur que la première : {count}. Ce qui manque est NULL, ce qui est en trop disparaît.</translation>
    </message>
    <message>
        <source>Rows of “{name}” whose coordinates cannot be read: {count}. They stay, without a geometry.</source>
        <translation>Lignes de « {name} » aux coordonnées illisibles : {count}. Elles restent, sans géométrie.</translation>
    </message>
    <message>
        <source>Rules of the style that draw nothing: {count}.</source>
        <translation>Règles du style qui ne dessinent rien : {count}.</translation>
    </message>
    <message>
        <source>Rules: {count}.</source>
        <translation>Règles : {count}.</translation>
    </message>
    <message>
        <source>Run `geopub doctor` to see what is missing.</source>
        <translation>Lancez `geopub doctor` pour voir ce qui manque.</translation>
    </message>
    <message>
        <source>Run `geopub serve` again.</source>
        <translation>Relancez `geopub serve`.</translation>
    </message>
    <message>
        <source>Run it in a database, and send its tables as a GeoPackage.</source>
        <translation>Exécutez-le dans une base, et envoyez ses tables en GeoPackage.</translation>
    </message>
    <message>
        <source>Runs on this computer the checks that a layer passes when it is published, and lists every fault at once: what it is, why it matters, what to do, how often it occurs, and whether GeoPub mends it by itself.</source>
        <translation>Exécute sur cet ordinateur les vérifications qu’une couche passe à la publication, et liste toutes les anomalies d’un coup : ce que c’est, pourquoi cela compte, que faire, combien de fois, et si GeoPub corrige de lui-même.</translation>
    </message>
    <message>
        <source>Runs on {host}</source>
        <translation>En marche sur {host}</translation>
    </message>
    <message>
        <source>Sample (optional)</source>
        <translation>Échantillon (optionnel)</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>Enregistrer sous…</translation>
    </message>
    <message>
        <source>Save or undo them first if you do not want that.</source>
        <translation>Enregistrez-les ou annulez-les d’abord si vous ne le voulez pas.</translation>
    </message>
    <message>
        <source>Save QR code</source>
        <translation>Enregistrer le code QR</translation>
    </message>
    <message>
        <source>Save QR code…</source>
        <translation>Enregistrer le code QR…</translation>
    </message>
    <message>
        <source>Save the edits</source>
        <translation>Enregistrer les modifications</translation>
    </message>
    <message>
        <source>Save the layer to a new GeoPackage in QGIS; if that works, publish the saved layer.</source>
        <translation>Enregistrez la couche dans un nouveau GeoPackage avec QGIS ; si cela fonctionne, publiez la couche enregistrée.</translation>
    </message>
    <message>
        <source>Save the style</source>
        <translation>Enregistrer le style</translation>
    </message>
    <message>
        <source>Save the style again from its editor, as JSON.</source>
        <translation>Enregistrez de nouveau le style depuis son éditeur, en JSON.</translation>
    </message>
    <message>
        <source>Save the style again from its editor.</source>
        <translation>Enregistrez de nouveau le style depuis son éditeur.</translation>
    </message>
    <message>
        <source>Save the style again from QGIS or GeoServer, or correct the version attribute.</source>
        <translation>Enregistrez à nouveau le style depuis QGIS ou GeoServer, ou corrigez l’attribut version.</translation>
    </message>
    <message>
        <source>Save the style in QGIS with Layer properties, Style, Save style.</source>
        <translation>Dans QGIS, enregistrez le style avec Propriétés de la couche, Style, Enregistrer le style.</translation>
    </message>
    <message>
        <source>Saved: {names}</source>
        <translation>Enregistré : {names}</translation>
    </message>
    <message>
        <source>Saving</source>
        <translation>Enregistrement</translation>
    </message>
    <message>
        <source>Say everything that a publication would find in a file; end with 1 for errors.</source>
        <translation>Dire tout ce qu’une publication trouverait dans un fichier ; finir par 1 s’il y a des erreurs.</translation>
    </message>
    <message>
        <source>Say what differs between two revisions of NAME.</source>
        <translation>Dire ce qui diffère entre deux révisions de NAME.</translation>
    </message>
    <message>
        <source>say whether catalogue and files of a data folder agree</source>
        <translation>dire si le catalogue et les fichiers d’un dossier de données concordent</translation>
    </message>
    <message>
        <source>Say which one it is, such as EPSG:2154 in mainland France, or set it on the layer in QGIS and export again.</source>
        <translation>Indiquez lequel c’est, par exemple EPSG:2154 en France métropolitaine, ou définissez-le sur la couche dans QGIS et exportez à nouveau.</translation>
    </message>
    <message>
        <source>Say which reference system they are really in, or set the right one on the layer in QGIS and export again.</source>
        <translation>Indiquez dans quel système elles sont vraiment, ou définissez le bon sur la couche dans QGIS et exportez à nouveau.</translation>
    </message>
    <message>
        <source>Say which versions are at hand, what is missing, and how to get it.</source>
        <translation>Indiquer les versions présentes, ce qui manque, et comment l’obtenir.</translation>
    </message>
    <message>
        <source>Schematise areas</source>
        <translation>Schématisation de données surfaciques</translation>
    </message>
    <message>
        <source>Sea regions</source>
        <translation>Régions maritimes</translation>
    </message>
    <message>
        <source>Search…</source>
        <translation>Rechercher…</translation>
    </message>
    <message>
        <source>Seconds</source>
        <translation>Secondes</translation>
    </message>
    <message>
        <source>Seconds: {times}</source>
        <translation>Secondes : {times}</translation>
    </message>
    <message>
        <source>See `geopub status` for what is published.</source>
        <translation>`geopub status` montre ce qui est publié.</translation>
    </message>
    <message>
        <source>See docs/server.md.</source>
        <translation>Voir docs/server.md.</translation>
    </message>
    <message>
        <source>See the description of configurations in docs/api.md.</source>
        <translation>Voir la description des configurations dans docs/api.md.</translation>
    </message>
    <message>
        <source>See the parameters of the processing.</source>
        <translation>Voyez les paramètres du traitement.</translation>
    </message>
    <message>
        <source>Select a former version to see what has changed since.</source>
        <translation>Sélectionnez une version antérieure pour voir ce qui a changé depuis.</translation>
    </message>
    <message>
        <source>Select a service to see its address</source>
        <translation>Choisissez un service pour voir son adresse</translation>
    </message>
    <message>
        <source>Select a vector layer in the layer tree first: only those can be published.</source>
        <translation>Choisissez d’abord une couche vecteur dans le panneau des couches : seules celles-ci se publient.</translation>
    </message>
    <message>
        <source>Select areas</source>
        <translation>Sélection de données surfaciques</translation>
    </message>
    <message>
        <source>Send a file first.</source>
        <translation>Envoyez d’abord un fichier.</translation>
    </message>
    <message>
        <source>Send a GeoPackage, FlatGeobuf, GeoJSON or CSV file, or a zipped shapefile: QGIS can export any layer so.</source>
        <translation>Envoyez un fichier GeoPackage, FlatGeobuf, GeoJSON ou CSV, ou un shapefile zippé : QGIS sait exporter toute couche ainsi.</translation>
    </message>
    <message>
        <source>Send a key that was given access: {name}=… or the header of its type.</source>
        <translation>Envoyez une clé qui y a accès : {name}=… ou l’en-tête de son type.</translation>
    </message>
    <message>
        <source>Send a query for each of them, as in “typeNames=(a)(b)”.</source>
        <translation>Envoyez une interrogation pour chacun, comme dans « typeNames=(a)(b) ».</translation>
    </message>
    <message>
        <source>Send a request for each of them.</source>
        <translation>Envoyez une requête pour chacun d’eux.</translation>
    </message>
    <message>
        <source>Send it again.</source>
        <translation>Envoyez-le à nouveau.</translation>
    </message>
    <message>
        <source>Send it as multipart/form-data.</source>
        <translation>Envoyez-la en multipart/form-data.</translation>
    </message>
    <message>
        <source>Send it as plain UTF-8.</source>
        <translation>Envoyez-la en UTF-8 ordinaire.</translation>
    </message>
    <message>
        <source>Send it in chunks.</source>
        <translation>Envoyez-le par morceaux.</translation>
    </message>
    <message>
        <source>Send the chunk again.</source>
        <translation>Renvoyez le morceau.</translation>
    </message>
    <message>
        <source>Send the file itself, without an archive, or split it.</source>
        <translation>Envoyez le fichier lui-même, sans archive, ou découpez-le.</translation>
    </message>
    <message>
        <source>Send the file itself, without an archive.</source>
        <translation>Envoyez le fichier lui-même, sans archive.</translation>
    </message>
    <message>
        <source>Send the files one by one, or as one GeoPackage.</source>
        <translation>Envoyez les fichiers un par un, ou en un seul GeoPackage.</translation>
    </message>
    <message>
        <source>Send the header Content-Length.</source>
        <translation>Envoyez l’en-tête Content-Length.</translation>
    </message>
    <message>
        <source>Send the header “Authorization: Bearer …” with the token of server.json in the data folder.</source>
        <translation>Envoyez l’en-tête « Authorization: Bearer … » avec le jeton de server.json du dossier de données.</translation>
    </message>
    <message>
        <source>Send the style as a static of type GEOSERVER-STYLE first.</source>
        <translation>Envoyez d’abord le style comme fichier statique de type GEOSERVER-STYLE.</translation>
    </message>
    <message>
        <source>Send the style itself as SLD_BODY.</source>
        <translation>Envoyez le style lui-même dans SLD_BODY.</translation>
    </message>
    <message>
        <source>Send what is missing, or delete the file.</source>
        <translation>Envoyez ce qui manque, ou supprimez le fichier.</translation>
    </message>
    <message>
        <source>Sending the file</source>
        <translation>Envoi du fichier</translation>
    </message>
    <message>
        <source>separated by commas</source>
        <translation>séparés par des virgules</translation>
    </message>
    <message>
        <source>serve a data folder</source>
        <translation>servir un dossier de données</translation>
    </message>
    <message>
        <source>Serve what is published in a data folder until Ctrl-C.</source>
        <translation>Servir ce qui est publié dans un dossier de données, jusqu’à Ctrl-C.</translation>
    </message>
    <message>
        <source>Service</source>
        <translation>Service</translation>
    </message>
    <message>
        <source>Services</source>
        <translation>Services</translation>
    </message>
    <message>
        <source>Services name reference systems by their codes, so the table is published in {target}.</source>
        <translation>Les services nomment les systèmes par leur code ; la table est donc publiée en {target}.</translation>
    </message>
    <message>
        <source>Services of {name}</source>
        <translation>Services de {name}</translation>
    </message>
    <message>
        <source>Services show it: {services}.</source>
        <translation>Des services le montrent : {services}.</translation>
    </message>
    <message>
        <source>Services show revisions or styles that are not there.</source>
        <translation>Des services montrent des révisions ou des styles qui n’existent pas.</translation>
    </message>
    <message>
        <source>Services would not find every feature.</source>
        <translation>Les services ne trouveraient pas toutes les entités.</translation>
    </message>
    <message>
        <source>Serving at {url} until Ctrl-C.</source>
        <translation>En service sur {url} jusqu’à Ctrl-C.</translation>
    </message>
    <message>
        <source>Set the environment variable GEOPUB_PYTHON to the python program that comes with QGIS.</source>
        <translation>Donnez à la variable d’environnement GEOPUB_PYTHON le chemin du programme python fourni avec QGIS.</translation>
    </message>
    <message>
        <source>Set the right reference system on the layer in QGIS, or georeference it, and export again.</source>
        <translation>Définissez le bon système sur la couche dans QGIS, ou géoréférencez-la, et exportez à nouveau.</translation>
    </message>
    <message>
        <source>Set their “source-layer” to one of these.</source>
        <translation>Donnez-leur l’une d’elles comme « source-layer ».</translation>
    </message>
    <message>
        <source>Set their “source” to “{name}”.</source>
        <translation>Donnez-leur « {name} » comme « source ».</translation>
    </message>
    <message>
        <source>Settings of the store</source>
        <translation>Réglages de l’entrepôt</translation>
    </message>
    <message>
        <source>Settings: servers, and the engine of this computer</source>
        <translation>Préférences : serveurs, et moteur de cet ordinateur</translation>
    </message>
    <message>
        <source>Several coordinate reference systems</source>
        <translation>Plusieurs systèmes de coordonnées</translation>
    </message>
    <message>
        <source>Several feature types have this name, under different prefixes.</source>
        <translation>Plusieurs types d’objets portent ce nom, sous des préfixes différents.</translation>
    </message>
    <message>
        <source>Several files</source>
        <translation>Plusieurs fichiers</translation>
    </message>
    <message>
        <source>Several files were given.</source>
        <translation>Plusieurs fichiers ont été donnés.</translation>
    </message>
    <message>
        <source>Shapes are simplified; where lines meet, they go on meeting.</source>
        <translation>Les formes sont simplifiées ; là où des lignes se rejoignent, elles se rejoignent toujours.</translation>
    </message>
    <message>
        <source>Share a publication</source>
        <translation>Partager une publication</translation>
    </message>
    <message>
        <source>Share…</source>
        <translation>Partager…</translation>
    </message>
    <message>
        <source>Show everything</source>
        <translation>Tout afficher</translation>
    </message>
    <message>
        <source>Show the log</source>
        <translation>Afficher le journal</translation>
    </message>
    <message>
        <source>Shown now</source>
        <translation>Affichée maintenant</translation>
    </message>
    <message>
        <source>Sign in</source>
        <translation>Se connecter</translation>
    </message>
    <message>
        <source>Sign in – {title}</source>
        <translation>Connexion – {title}</translation>
    </message>
    <message>
        <source>Sign in, and send the header “Authorization: Bearer …” with the access token.</source>
        <translation>Connectez-vous, puis envoyez l’en-tête « Authorization: Bearer … » avec le jeton d’accès.</translation>
    </message>
    <message>
        <source>Sign in…</source>
        <translation>Se connecter…</translation>
    </message>
    <message>
        <source>Simplify a network</source>
        <translation>Simplification de réseau</translation>
    </message>
    <message>
        <source>Simplify data of all kinds</source>
        <translation>Simplification de données hétérogènes</translation>
    </message>
    <message>
        <source>Simplify other lines</source>
        <translation>Simplification de données linéaires autres</translation>
    </message>
    <message>
        <source>Simplify the document.</source>
        <translation>Simplifiez le document.</translation>
    </message>
    <message>
        <source>Single and multiple geometries</source>
        <translation>Géométries simples et multiples</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Taille</translation>
    </message>
    <message>
        <source>Size in bytes</source>
        <translation>Taille en octets</translation>
    </message>
    <message>
        <source>Sizes on the ground are drawn as at 1:{scale}, whatever the scale.</source>
        <translation>Les tailles au sol sont dessinées comme au 1:{scale}, quelle que soit l’échelle.</translation>
    </message>
    <message>
        <source>Sizes on the ground are exact at the equator, and larger in truth elsewhere.</source>
        <translation>Les tailles au sol sont exactes à l’équateur, et plus grandes en réalité ailleurs.</translation>
    </message>
    <message>
        <source>SLD; several files are named like their tables.</source>
        <translation>SLD ; plusieurs fichiers portent les noms de leurs tables.</translation>
    </message>
    <message>
        <source>SLD_BODY holds no SLD.</source>
        <translation>SLD_BODY ne contient pas de SLD.</translation>
    </message>
    <message>
        <source>Society</source>
        <translation>Société</translation>
    </message>
    <message>
        <source>Soil</source>
        <translation>Sols</translation>
    </message>
    <message>
        <source>Some pages need a look first.</source>
        <translation>Certaines pages sont encore à compléter.</translation>
    </message>
    <message>
        <source>Somebody removed them.</source>
        <translation>Quelqu’un les a supprimés.</translation>
    </message>
    <message>
        <source>Something happened that GeoPub does not expect: {error}.</source>
        <translation>Il s’est produit quelque chose que GeoPub ne prévoit pas : {error}.</translation>
    </message>
    <message>
        <source>Source of the metadata</source>
        <translation>Source des métadonnées</translation>
    </message>
    <message>
        <source>Spatial indexes do not fit their tables.</source>
        <translation>Des index spatiaux ne correspondent pas à leurs tables.</translation>
    </message>
    <message>
        <source>Spatial resolution (optional)</source>
        <translation>Résolution spatiale (optionnel)</translation>
    </message>
    <message>
        <source>Species distribution</source>
        <translation>Répartition des espèces</translation>
    </message>
    <message>
        <source>Split it into one table a kind.</source>
        <translation>Séparez-la en une table par genre.</translation>
    </message>
    <message>
        <source>Split the data, or raise the limit of the backend (upload_bytes).</source>
        <translation>Découpez les données, ou relevez la limite du serveur (upload_bytes).</translation>
    </message>
    <message>
        <source>SQL</source>
        <translation>SQL</translation>
    </message>
    <message>
        <source>SQL forbids empty names and names with a NUL character.</source>
        <translation>SQL interdit les noms vides et ceux qui contiennent un caractère NUL.</translation>
    </message>
    <message>
        <source>SQLite says so.</source>
        <translation>SQLite le dit.</translation>
    </message>
    <message>
        <source>SQLite says: {reason}.</source>
        <translation>SQLite dit : {reason}.</translation>
    </message>
    <message>
        <source>Start `geopub serve` on it once.</source>
        <translation>Lancez-y une fois `geopub serve`.</translation>
    </message>
    <message>
        <source>Start it again in the GeoPub panel, then try again.</source>
        <translation>Redémarrez-le dans le panneau GeoPub, puis réessayez.</translation>
    </message>
    <message>
        <source>Start it again in the GeoPub panel: what it was doing goes on.</source>
        <translation>Redémarrez-le dans le panneau GeoPub : ce qu’il faisait reprendra.</translation>
    </message>
    <message>
        <source>Start it with --data FOLDER, or set GEOPUB_DATA.</source>
        <translation>Démarrez-le avec --data DOSSIER, ou définissez GEOPUB_DATA.</translation>
    </message>
    <message>
        <source>Start of GeoPub</source>
        <translation>Démarrage de GeoPub</translation>
    </message>
    <message>
        <source>Start one with `geopub serve`, or publish something with `geopub publish`.</source>
        <translation>Démarrez-en un avec `geopub serve`, ou publiez quelque chose avec `geopub publish`.</translation>
    </message>
    <message>
        <source>Start the backend once: it brings the catalogue up to date.</source>
        <translation>Démarrez le moteur une fois : il met le catalogue à jour.</translation>
    </message>
    <message>
        <source>Start the execution again. If it fails again, report it with the execution's log.</source>
        <translation>Relancez l’exécution. Si elle échoue encore, signalez-le avec le journal de l’exécution.</translation>
    </message>
    <message>
        <source>Start the services</source>
        <translation>Démarrer les services</translation>
    </message>
    <message>
        <source>Starting GeoPub</source>
        <translation>Démarrage de GeoPub</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Démarrage…</translation>
    </message>
    <message>
        <source>State</source>
        <translation>État</translation>
    </message>
    <message>
        <source>States are none of their life cycle.</source>
        <translation>Des états n’appartiennent pas à leur cycle de vie.</translation>
    </message>
    <message>
        <source>States contradict each other.</source>
        <translation>Des états se contredisent.</translation>
    </message>
    <message>
        <source>States wait for something that no longer runs.</source>
        <translation>Des états attendent ce qui ne tourne plus.</translation>
    </message>
    <message>
        <source>Statics of type “{type}” are not used here.</source>
        <translation>Les fichiers statiques de type « {type} » ne sont pas utilisés ici.</translation>
    </message>
    <message>
        <source>Statistical units</source>
        <translation>Unités statistiques</translation>
    </message>
    <message>
        <source>Stop the services</source>
        <translation>Arrêter les services</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Arrêté</translation>
    </message>
    <message>
        <source>Stopped. `geopub serve` brings everything back.</source>
        <translation>Arrêté. `geopub serve` remet tout en service.</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Arrêt…</translation>
    </message>
    <message>
        <source>Style</source>
        <translation>Style</translation>
    </message>
    <message>
        <source>style</source>
        <translation>style</translation>
    </message>
    <message>
        <source>Style ({state})</source>
        <translation>Style ({state})</translation>
    </message>
    <message>
        <source>Style in other formats</source>
        <translation>Style dans d’autres formats</translation>
    </message>
    <message>
        <source>Style of the publication</source>
        <translation>Style de la publication</translation>
    </message>
    <message>
        <source>Styles</source>
        <translation>Styles</translation>
    </message>
    <message>
        <source>Styles (*.qml *.sld)</source>
        <translation>Styles (*.qml *.sld)</translation>
    </message>
    <message>
        <source>Styles and other files</source>
        <translation>Styles et autres fichiers</translation>
    </message>
    <message>
        <source>Styles and publication…</source>
        <translation>Styles et publication…</translation>
    </message>
    <message>
        <source>Styles of {kind} “{name}”</source>
        <translation>Styles du {kind} « {name} »</translation>
    </message>
    <message>
        <source>Styles…</source>
        <translation>Styles…</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>Récapitulatif</translation>
    </message>
    <message>
        <source>Summary (Markdown)</source>
        <translation>Résumé (Markdown)</translation>
    </message>
    <message>
        <source>Summary of its content (optional)</source>
        <translation>Résumé de son contenu (optionnel)</translation>
    </message>
    <message>
        <source>Suspicious compression</source>
        <translation>Compression suspecte</translation>
    </message>
    <message>
        <source>Symbology of the type “{kind}” is not drawn.</source>
        <translation>La symbologie du type « {kind} » n’est pas dessinée.</translation>
    </message>
    <message>
        <source>Symbols that are pictures, which only QGIS draws: {count}. Publish from QGIS.</source>
        <translation>Symboles qui sont des images, que seul QGIS dessine : {count}. Publiez depuis QGIS.</translation>
    </message>
    <message>
        <source>Synchronise its offering (PUT) to show what has changed.</source>
        <translation>Synchronisez son offre (PUT) pour montrer ce qui a changé.</translation>
    </message>
    <message>
        <source>Synchronise these offerings, or unpublish them.</source>
        <translation>Synchronisez ces offres, ou dépubliez-les.</translation>
    </message>
    <message>
        <source>System of the answer</source>
        <translation>Système de la réponse</translation>
    </message>
    <message>
        <source>System of the box</source>
        <translation>Système du rectangle</translation>
    </message>
    <message>
        <source>System of the filter's geometries</source>
        <translation>Système des géométries du filtre</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Table</translation>
    </message>
    <message>
        <source>Table “{name}”: added</source>
        <translation>Table « {name} » : ajoutée</translation>
    </message>
    <message>
        <source>Table “{name}”: removed</source>
        <translation>Table « {name} » : supprimée</translation>
    </message>
    <message>
        <source>Table “{name}”: rows added {added}, changed {changed}, removed {removed}</source>
        <translation>Table « {name} » – lignes ajoutées : {added}, modifiées : {changed}, supprimées : {removed}</translation>
    </message>
    <message>
        <source>Table “{table}”</source>
        <translation>Table « {table} »</translation>
    </message>
    <message>
        <source>Tables</source>
        <translation>Tables</translation>
    </message>
    <message>
        <source>Tables and services</source>
        <translation>Tables et services</translation>
    </message>
    <message>
        <source>Tables without geometry</source>
        <translation>Tables sans géométrie</translation>
    </message>
    <message>
        <source>Tables without geometry left out: {count}.</source>
        <translation>Tables sans géométrie laissées de côté : {count}.</translation>
    </message>
    <message>
        <source>Take away what draws other sources, and the sources themselves.</source>
        <translation>Retirez ce qui dessine d’autres sources, et ces sources elles-mêmes.</translation>
    </message>
    <message>
        <source>Take STYLE away from LAYER.</source>
        <translation>Retirer STYLE de LAYER.</translation>
    </message>
    <message>
        <source>Take them apart with “Extract by geometry type”, and publish what comes out.</source>
        <translation>Séparez-les avec l’algorithme « Extraire par type de géométrie » (boîte à outils de traitements), puis publiez ce qui en sort.</translation>
    </message>
    <message>
        <source>Take them away, or change their type.</source>
        <translation>Retirez-les, ou changez leur type.</translation>
    </message>
    <message>
        <source>Takes every service of a technical name off: its addresses answer no more. The data stay in the store, unless the whole datasheet is deleted with everything that belongs to it: that cannot be undone.</source>
        <translation>Retire tous les services d’un nom technique : ses adresses ne répondent plus. Les données restent dans l’entrepôt, sauf si toute la fiche de données est supprimée avec tout ce qui lui appartient : cela ne peut pas être annulé.</translation>
    </message>
    <message>
        <source>Target (title or identifier; none: the current one)</source>
        <translation>Cible (titre ou identifiant ; vide : la cible actuelle)</translation>
    </message>
    <message>
        <source>TB</source>
        <translation>To</translation>
    </message>
    <message>
        <source>Team server</source>
        <translation>Serveur d’équipe</translation>
    </message>
    <message>
        <source>Technical name</source>
        <translation>Nom technique</translation>
    </message>
    <message>
        <source>Technical name (none: made of the title)</source>
        <translation>Nom technique (vide : tiré du titre)</translation>
    </message>
    <message>
        <source>Technical name of the publication (none: as the layer remembers)</source>
        <translation>Nom technique de la publication (vide : celui dont la couche se souvient)</translation>
    </message>
    <message>
        <source>Temporary link</source>
        <translation>Lien temporaire</translation>
    </message>
    <message>
        <source>Test of the connection</source>
        <translation>Essai de la connexion</translation>
    </message>
    <message>
        <source>Test the connection</source>
        <translation>Essayer la connexion</translation>
    </message>
    <message>
        <source>Text goes in 'single quotes', a name in "double quotes"; a quote inside is written twice.</source>
        <translation>Un texte s’écrit entre 'apostrophes', un nom entre "guillemets" ; à l’intérieur, on les double.</translation>
    </message>
    <message>
        <source>Text in another encoding</source>
        <translation>Texte dans un autre encodage</translation>
    </message>
    <message>
        <source>Texts of the table “{table}” that are not UTF-8: {count}.</source>
        <translation>Textes de la table « {table} » qui ne sont pas en UTF-8 : {count}.</translation>
    </message>
    <message>
        <source>That is what was declared.</source>
        <translation>C’est ce qui a été déclaré.</translation>
    </message>
    <message>
        <source>The address of a server; by default, the backend here.</source>
        <translation>L’adresse d’un serveur ; par défaut, le moteur de ce poste.</translation>
    </message>
    <message>
        <source>The address to listen on.</source>
        <translation>L’adresse d’écoute.</translation>
    </message>
    <message>
        <source>The addresses stay the same; the former version can be brought back.</source>
        <translation>Les adresses restent les mêmes ; la version précédente peut être rétablie.</translation>
    </message>
    <message>
        <source>The answer of {address} cannot be read.</source>
        <translation>La réponse de {address} est illisible.</translation>
    </message>
    <message>
        <source>the answer was cut off</source>
        <translation>la réponse a été interrompue</translation>
    </message>
    <message>
        <source>The archive “{name}” cannot be opened.</source>
        <translation>L’archive « {name} » ne peut pas être ouverte.</translation>
    </message>
    <message>
        <source>The archive “{name}” contains links.</source>
        <translation>L’archive « {name} » contient des liens.</translation>
    </message>
    <message>
        <source>The archive “{name}” contains no data.</source>
        <translation>L’archive « {name} » ne contient pas de données.</translation>
    </message>
    <message>
        <source>The archive “{name}” has entries that point outside of it.</source>
        <translation>L’archive « {name} » contient des éléments qui désignent un endroit hors d’elle.</translation>
    </message>
    <message>
        <source>The archive “{name}” has {count} entries.</source>
        <translation>L’archive « {name} » contient {count} éléments.</translation>
    </message>
    <message>
        <source>The archive “{name}” is protected by a password.</source>
        <translation>L’archive « {name} » est protégée par un mot de passe.</translation>
    </message>
    <message>
        <source>The archive “{name}” is too large when unpacked.</source>
        <translation>L’archive « {name} » est trop grande une fois décompressée.</translation>
    </message>
    <message>
        <source>The area cannot be used.</source>
        <translation>L’emprise ne peut pas être utilisée.</translation>
    </message>
    <message>
        <source>The area lies outside of where {target} is defined.</source>
        <translation>L’emprise se trouve hors du domaine de définition de {target}.</translation>
    </message>
    <message>
        <source>The attributes of the tiles, with commas; all by default.</source>
        <translation>Les attributs des tuiles, séparés par des virgules ; tous par défaut.</translation>
    </message>
    <message>
        <source>The backend could not do it.</source>
        <translation>Le moteur n’a pas pu le faire.</translation>
    </message>
    <message>
        <source>The backend ended in the middle of something.</source>
        <translation>Le moteur s’est arrêté au milieu de quelque chose.</translation>
    </message>
    <message>
        <source>The backend is ending.</source>
        <translation>Le moteur s’arrête.</translation>
    </message>
    <message>
        <source>The backend keeps everything it publishes in one folder.</source>
        <translation>Le moteur garde tout ce qu’il publie dans un seul dossier.</translation>
    </message>
    <message>
        <source>The backend stopped; the work begins again.</source>
        <translation>Le serveur s’est arrêté ; le travail recommence.</translation>
    </message>
    <message>
        <source>The body of the request is not JSON.</source>
        <translation>Le corps de la requête n’est pas du JSON.</translation>
    </message>
    <message>
        <source>The body of the request is too large.</source>
        <translation>Le corps de la requête est trop volumineux.</translation>
    </message>
    <message>
        <source>The body of the request must be a JSON array.</source>
        <translation>Le corps de la requête doit être un tableau JSON.</translation>
    </message>
    <message>
        <source>The body of the request must be a JSON object.</source>
        <translation>Le corps de la requête doit être un objet JSON.</translation>
    </message>
    <message>
        <source>The bottom level of the tiles.</source>
        <translation>Le niveau le plus détaillé des tuiles.</translation>
    </message>
    <message>
        <source>The capabilities have not changed since.</source>
        <translation>Les capacités n’ont pas changé depuis.</translation>
    </message>
    <message>
        <source>The capabilities list the operations it has.</source>
        <translation>Les capacités du service donnent la liste de ses opérations.</translation>
    </message>
    <message>
        <source>The catalogue is damaged.</source>
        <translation>Le catalogue est endommagé.</translation>
    </message>
    <message>
        <source>The catalogue shows a former version of the metadata record.</source>
        <translation>Le catalogue montre une version antérieure de la fiche de métadonnées.</translation>
    </message>
    <message>
        <source>The checks of the store, on this computer: nothing is sent.</source>
        <translation>Les vérifications de l’entrepôt, sur cet ordinateur : rien n’est envoyé.</translation>
    </message>
    <message>
        <source>The client could ask for no token.</source>
        <translation>Le client ne pourrait demander aucun jeton.</translation>
    </message>
    <message>
        <source>The client {name} is removed.</source>
        <translation>Le client {name} est supprimé.</translation>
    </message>
    <message>
        <source>The collection has no such property.</source>
        <translation>La collection n’a pas cet attribut.</translation>
    </message>
    <message>
        <source>The collection {name} has no feature “{key}”.</source>
        <translation>La collection {name} n’a pas d’entité « {key} ».</translation>
    </message>
    <message>
        <source>The columns {columns} hold other things, such as “{example}”.</source>
        <translation>Les colonnes {columns} contiennent autre chose, comme « {example} ».</translation>
    </message>
    <message>
        <source>The columns {columns} hold something else there.</source>
        <translation>Les colonnes {columns} y contiennent autre chose.</translation>
    </message>
    <message>
        <source>The columns “{one}” and “{other}” hold different kinds of values.</source>
        <translation>Les colonnes « {one} » et « {other} » contiennent des valeurs de genres différents.</translation>
    </message>
    <message>
        <source>The configuration is not complete.</source>
        <translation>La configuration est incomplète.</translation>
    </message>
    <message>
        <source>The configuration “{name}” cannot be deleted.</source>
        <translation>La configuration « {name} » ne peut pas être supprimée.</translation>
    </message>
    <message>
        <source>The connection failed: {reason}</source>
        <translation>La connexion a échoué : {reason}</translation>
    </message>
    <message>
        <source>The Content-Digest header cannot be read.</source>
        <translation>L’en-tête Content-Digest est illisible.</translation>
    </message>
    <message>
        <source>The coordinate reference system of the table “{table}” cannot be understood.</source>
        <translation>Le système de coordonnées de la table « {table} » est illisible.</translation>
    </message>
    <message>
        <source>The coordinate reference system of the table “{table}”, {srs}, has no EPSG code.</source>
        <translation>Le système de coordonnées de la table « {table} », {srs}, n’a pas de code EPSG.</translation>
    </message>
    <message>
        <source>The coordinate reference system “{srs}” is not known.</source>
        <translation>Le système de coordonnées « {srs} » est inconnu.</translation>
    </message>
    <message>
        <source>The coordinate reference system, as EPSG:2154, if the file does not say.</source>
        <translation>Le système de coordonnées, comme EPSG:2154, si le fichier ne le dit pas.</translation>
    </message>
    <message>
        <source>The coordinates of the table “{table}” do not fit its reference system, {srs}.</source>
        <translation>Les coordonnées de la table « {table} » ne conviennent pas à son système de référence, {srs}.</translation>
    </message>
    <message>
        <source>The data folder {path} cannot be administered yet.</source>
        <translation>Le dossier de données {path} ne peut pas encore être administré.</translation>
    </message>
    <message>
        <source>The data folder {path} cannot be read.</source>
        <translation>Le dossier de données {path} ne peut pas être lu.</translation>
    </message>
    <message>
        <source>The data folder {path} cannot be used.</source>
        <translation>Le dossier de données {path} ne peut pas être utilisé.</translation>
    </message>
    <message>
        <source>The data folder {path} could not be looked at.</source>
        <translation>Le dossier de données {path} n’a pas pu être examiné.</translation>
    </message>
    <message>
        <source>The data folder {path} is newer than this GeoPub.</source>
        <translation>Le dossier de données {path} est plus récent que ce GeoPub.</translation>
    </message>
    <message>
        <source>The data folder; by default that of the user ($GEOPUB_DATA).</source>
        <translation>Le dossier de données ; par défaut, celui de l’utilisateur ($GEOPUB_DATA).</translation>
    </message>
    <message>
        <source>The data has changed since.</source>
        <translation>Les données ont changé depuis.</translation>
    </message>
    <message>
        <source>The data has the tables: {tables}.</source>
        <translation>Les tables de la donnée sont : {tables}.</translation>
    </message>
    <message>
        <source>The data stay. Published again, it has the same address.</source>
        <translation>Les données restent. Publié à nouveau, il a la même adresse.</translation>
    </message>
    <message>
        <source>The data that the tiles were made of is not known, or gone.</source>
        <translation>Les données dont les tuiles sont faites ne sont pas connues, ou ont disparu.</translation>
    </message>
    <message>
        <source>The data “{name}” has no table “{table}”.</source>
        <translation>Les données « {name} » n’ont pas de table « {table} ».</translation>
    </message>
    <message>
        <source>The data “{name}” is in use.</source>
        <translation>La donnée « {name} » est utilisée.</translation>
    </message>
    <message>
        <source>The database of the catalogue belongs to another data folder.</source>
        <translation>La base de données du catalogue appartient à un autre dossier de données.</translation>
    </message>
    <message>
        <source>The database of the catalogue does not answer.</source>
        <translation>La base de données du catalogue ne répond pas.</translation>
    </message>
    <message>
        <source>The database says so.</source>
        <translation>La base de données le dit.</translation>
    </message>
    <message>
        <source>The datasheet it belongs to; the title by default.</source>
        <translation>La fiche de données concernée ; par défaut, le titre.</translation>
    </message>
    <message>
        <source>the datastore</source>
        <translation>l’entrepôt</translation>
    </message>
    <message>
        <source>The datastore {name} is there.</source>
        <translation>L’entrepôt {name} est créé.</translation>
    </message>
    <message>
        <source>The datastores of a team server, with their members and quotas.</source>
        <translation>Les entrepôts d’un serveur d’équipe, avec leurs membres et leurs quotas.</translation>
    </message>
    <message>
        <source>The definition of the API does not list it, nor do the queryables of the collection.</source>
        <translation>Ni la définition de l’API ni les attributs interrogeables de la collection ne le citent.</translation>
    </message>
    <message>
        <source>The disk is full.</source>
        <translation>Le disque est plein.</translation>
    </message>
    <message>
        <source>The disk is nearly full: make room.</source>
        <translation>Le disque est presque plein : faites de la place.</translation>
    </message>
    <message>
        <source>The disk of the database is full.</source>
        <translation>Le disque de la base de données est plein.</translation>
    </message>
    <message>
        <source>The disk that holds {folder} is full.</source>
        <translation>Le disque qui contient {folder} est plein.</translation>
    </message>
    <message>
        <source>The document cannot be read.</source>
        <translation>Le document ne peut pas être lu.</translation>
    </message>
    <message>
        <source>The e-mail address or the password is wrong.</source>
        <translation>L’adresse de courriel ou le mot de passe est faux.</translation>
    </message>
    <message>
        <source>The endpoint takes configurations of type {type}.</source>
        <translation>Le point d’accès prend des configurations de type {type}.</translation>
    </message>
    <message>
        <source>The execution needed more than is free.</source>
        <translation>L’exécution demandait plus qu’il n’en reste.</translation>
    </message>
    <message>
        <source>The extent cannot be used.</source>
        <translation>L’emprise ne peut pas être utilisée.</translation>
    </message>
    <message>
        <source>The feature type has no such property.</source>
        <translation>Le type d’objets n’a pas cette propriété.</translation>
    </message>
    <message>
        <source>The feature type {type} has no such property.</source>
        <translation>Le type d’objets {type} n’a pas cette propriété.</translation>
    </message>
    <message>
        <source>The fewer attributes the tiles carry, the smaller they are, and the better they are generalised.</source>
        <translation>Moins les tuiles portent d’attributs, plus elles sont légères et mieux elles sont généralisées.</translation>
    </message>
    <message>
        <source>The field “callback” cannot be followed.</source>
        <translation>Le champ « callback » ne peut pas être suivi.</translation>
    </message>
    <message>
        <source>The field “inputs” names no upload and no stored data.</source>
        <translation>Le champ « inputs » ne nomme ni livraison ni donnée stockée.</translation>
    </message>
    <message>
        <source>The field “output.stored_data” has neither “name” nor “id”.</source>
        <translation>Le champ « output.stored_data » n’a ni « name » ni « id ».</translation>
    </message>
    <message>
        <source>The field “output.stored_data” is missing.</source>
        <translation>Le champ « output.stored_data » manque.</translation>
    </message>
    <message>
        <source>The field “paths” is empty.</source>
        <translation>Le champ « paths » est vide.</translation>
    </message>
    <message>
        <source>The field “used_data” names {count}.</source>
        <translation>Le champ « used_data » en nomme {count}.</translation>
    </message>
    <message>
        <source>The field “{field}” is missing or is not what it should be.</source>
        <translation>Le champ « {field} » manque ou n’est pas ce qu’il devrait être.</translation>
    </message>
    <message>
        <source>The field “{field}” will be published as “{name}”.</source>
        <translation>Le champ « {field} » sera publié sous le nom « {name} ».</translation>
    </message>
    <message>
        <source>The field “{name}” cannot be used.</source>
        <translation>Le champ « {name} » ne convient pas.</translation>
    </message>
    <message>
        <source>The field “{name}” cannot be “{value}”.</source>
        <translation>Le champ « {name} » ne peut pas valoir « {value} ».</translation>
    </message>
    <message>
        <source>The field “{name}” is missing.</source>
        <translation>Le champ « {name} » manque.</translation>
    </message>
    <message>
        <source>The field “{name}” is no moment.</source>
        <translation>Le champ « {name} » n’est pas un instant.</translation>
    </message>
    <message>
        <source>The field “{name}” must be a list of texts.</source>
        <translation>Le champ « {name} » doit être une liste de textes.</translation>
    </message>
    <message>
        <source>The field “{name}” must be a list.</source>
        <translation>Le champ « {name} » doit être une liste.</translation>
    </message>
    <message>
        <source>The field “{name}” must be a text.</source>
        <translation>Le champ « {name} » doit être un texte.</translation>
    </message>
    <message>
        <source>The field “{name}” must be a whole number.</source>
        <translation>Le champ « {name} » doit être un nombre entier.</translation>
    </message>
    <message>
        <source>The field “{name}” must be an object.</source>
        <translation>Le champ « {name} » doit être un objet.</translation>
    </message>
    <message>
        <source>The fields or the kind of geometry have changed since: clients may notice an update.</source>
        <translation>Les champs ou le type de géométrie ont changé depuis : une mise à jour peut se remarquer chez les clients.</translation>
    </message>
    <message>
        <source>The file cannot be read.</source>
        <translation>Le fichier ne peut pas être lu.</translation>
    </message>
    <message>
        <source>The file cannot be taken over.</source>
        <translation>Le fichier ne peut pas être pris en charge.</translation>
    </message>
    <message>
        <source>The file could not be made.</source>
        <translation>Le fichier n’a pas pu être créé.</translation>
    </message>
    <message>
        <source>The file could not be read: {message}.</source>
        <translation>Le fichier n’a pas pu être lu : {message}.</translation>
    </message>
    <message>
        <source>The file could not be written: {message}.</source>
        <translation>Le fichier n’a pas pu être écrit : {message}.</translation>
    </message>
    <message>
        <source>The file is damaged or cut off: export the layer again.</source>
        <translation>Le fichier est endommagé ou tronqué : exportez la couche de nouveau.</translation>
    </message>
    <message>
        <source>The file is empty.</source>
        <translation>Le fichier est vide.</translation>
    </message>
    <message>
        <source>The file is too large to be a metadata record.</source>
        <translation>Le fichier est trop grand pour une fiche de métadonnées.</translation>
    </message>
    <message>
        <source>The file is too large.</source>
        <translation>Le fichier est trop volumineux.</translation>
    </message>
    <message>
        <source>The file of revision {number} is gone.</source>
        <translation>Le fichier de la révision {number} a disparu.</translation>
    </message>
    <message>
        <source>The file that was being sent, where it did not arrive whole.</source>
        <translation>Le fichier qui était en cours d’envoi, s’il n’est pas arrivé en entier.</translation>
    </message>
    <message>
        <source>The file with the password; it is asked for by default.</source>
        <translation>Le fichier qui contient le mot de passe ; par défaut, il est demandé.</translation>
    </message>
    <message>
        <source>The file with the server's token (or $GEOPUB_TOKEN).</source>
        <translation>Le fichier du jeton du serveur (ou $GEOPUB_TOKEN).</translation>
    </message>
    <message>
        <source>The file {file} cannot be read.</source>
        <translation>Le fichier {file} ne peut pas être lu.</translation>
    </message>
    <message>
        <source>The file {file} has no table “{table}” with a geometry.</source>
        <translation>Le fichier {file} n’a pas de table « {table} » avec une géométrie.</translation>
    </message>
    <message>
        <source>The file {file} is not a PMTiles archive.</source>
        <translation>Le fichier {file} n’est pas une archive PMTiles.</translation>
    </message>
    <message>
        <source>The file {file} is not there.</source>
        <translation>Le fichier {file} est introuvable.</translation>
    </message>
    <message>
        <source>The file {path} cannot be read.</source>
        <translation>Le fichier {path} ne peut pas être lu.</translation>
    </message>
    <message>
        <source>The file {path} of this data is no longer there.</source>
        <translation>Le fichier {path} de cette donnée n’est plus là.</translation>
    </message>
    <message>
        <source>The file “{name}” cannot be read as {format}.</source>
        <translation>Le fichier « {name} » ne peut pas être lu comme {format}.</translation>
    </message>
    <message>
        <source>The file “{name}” has no column that says where its rows are.</source>
        <translation>Le fichier « {name} » n’a pas de colonne qui dise où sont ses lignes.</translation>
    </message>
    <message>
        <source>The file “{name}” holds no table of features.</source>
        <translation>Le fichier « {name} » ne contient aucune table d’entités.</translation>
    </message>
    <message>
        <source>The file “{name}” holds only raster tiles.</source>
        <translation>Le fichier « {name} » ne contient que des tuiles raster.</translation>
    </message>
    <message>
        <source>The file “{name}” holds SQL.</source>
        <translation>Le fichier « {name} » contient du SQL.</translation>
    </message>
    <message>
        <source>The file “{name}” is damaged.</source>
        <translation>Le fichier « {name} » est endommagé.</translation>
    </message>
    <message>
        <source>The file “{name}” is empty.</source>
        <translation>Le fichier « {name} » est vide.</translation>
    </message>
    <message>
        <source>The file “{name}” is in no format that can be published.</source>
        <translation>Le fichier « {name} » n’est dans aucun format publiable.</translation>
    </message>
    <message>
        <source>The file “{name}” is not in the delivery.</source>
        <translation>Le fichier « {name} » n’est pas dans la livraison.</translation>
    </message>
    <message>
        <source>The file “{name}” is not the one that was sent.</source>
        <translation>Le fichier « {name} » n’est pas celui qui a été envoyé.</translation>
    </message>
    <message>
        <source>The file “{name}” is not UTF-8.</source>
        <translation>Le fichier « {name} » n’est pas en UTF-8.</translation>
    </message>
    <message>
        <source>The filter cannot be read.</source>
        <translation>Le filtre ne peut pas être lu.</translation>
    </message>
    <message>
        <source>The filter holds several conditions; join them with And or Or.</source>
        <translation>Le filtre contient plusieurs conditions ; reliez-les par And ou Or.</translation>
    </message>
    <message>
        <source>The filter is empty.</source>
        <translation>Le filtre est vide.</translation>
    </message>
    <message>
        <source>The filter is too long, or nested too deep.</source>
        <translation>Le filtre est trop long, ou trop imbriqué.</translation>
    </message>
    <message>
        <source>The filter uses “{name}”, which is not known here.</source>
        <translation>Le filtre utilise « {name} », qui n’est pas connu ici.</translation>
    </message>
    <message>
        <source>The filter “{filter}” cannot be used.</source>
        <translation>Le filtre « {filter} » ne peut pas être utilisé.</translation>
    </message>
    <message>
        <source>The first line names {columns} columns.</source>
        <translation>La première ligne nomme {columns} colonnes.</translation>
    </message>
    <message>
        <source>The first zoom level cannot be larger than the last.</source>
        <translation>Le premier niveau de zoom ne peut pas dépasser le dernier.</translation>
    </message>
    <message>
        <source>The folder {path} cannot be replaced by tiles.</source>
        <translation>Le dossier {path} ne peut pas être remplacé par des tuiles.</translation>
    </message>
    <message>
        <source>The folder {path} is not a GeoPub data folder.</source>
        <translation>Le dossier {path} n’est pas un dossier de données de GeoPub.</translation>
    </message>
    <message>
        <source>The format “{format}” is not offered.</source>
        <translation>Le format « {format} » n’est pas offert.</translation>
    </message>
    <message>
        <source>The function {name}(…) is not among what filters understand.</source>
        <translation>La fonction {name}(…) ne fait pas partie de ce que les filtres comprennent.</translation>
    </message>
    <message>
        <source>The generalisation option “{flag}” cannot be used.</source>
        <translation>L’option de généralisation « {flag} » ne peut pas être utilisée.</translation>
    </message>
    <message>
        <source>The geometry compares with geometries only.</source>
        <translation>La géométrie ne se compare qu’à des géométries.</translation>
    </message>
    <message>
        <source>The geometry in row {row} of the batch cannot be read.</source>
        <translation>La géométrie de la ligne {row} du lot ne peut pas être lue.</translation>
    </message>
    <message>
        <source>The Géoplateforme draws no maps with QML.</source>
        <translation>La Géoplateforme ne dessine aucune carte avec du QML.</translation>
    </message>
    <message>
        <source>The Géoplateforme reads only SLD 1.0.0 for maps.</source>
        <translation>Pour les cartes, la Géoplateforme ne lit que le SLD 1.0.0.</translation>
    </message>
    <message>
        <source>The hash of the key cannot be used.</source>
        <translation>Le hash de la clé ne convient pas.</translation>
    </message>
    <message>
        <source>The header Content-Range does not describe the body.</source>
        <translation>L’en-tête Content-Range ne décrit pas le corps de la requête.</translation>
    </message>
    <message>
        <source>The host {host} cannot be used.</source>
        <translation>L’hôte {host} ne peut pas être utilisé.</translation>
    </message>
    <message>
        <source>The identifiers of this datastore start with “{prefix}”.</source>
        <translation>Les identifiants de cet entrepôt commencent par « {prefix} ».</translation>
    </message>
    <message>
        <source>The issuer of your token does not answer as it should: {reason}</source>
        <translation>L’émetteur de votre jeton ne répond pas comme il le devrait : {reason}</translation>
    </message>
    <message>
        <source>The key cannot open the offering {identifier}.</source>
        <translation>La clé ne peut pas ouvrir l’offre {identifier}.</translation>
    </message>
    <message>
        <source>The key is not good for this request.</source>
        <translation>La clé ne vaut pas pour cette requête.</translation>
    </message>
    <message>
        <source>The key “{name}” is not strong enough.</source>
        <translation>La clé « {name} » n’est pas assez forte.</translation>
    </message>
    <message>
        <source>The layer cannot be edited.</source>
        <translation>La couche ne peut pas être modifiée.</translation>
    </message>
    <message>
        <source>The layer cannot be published.</source>
        <translation>La couche ne peut pas être publiée.</translation>
    </message>
    <message>
        <source>The layer cannot be published; see above why.</source>
        <translation>La couche ne peut pas être publiée ; la raison est indiquée ci-dessus.</translation>
    </message>
    <message>
        <source>The layer could not be exported.</source>
        <translation>La couche n’a pas pu être exportée.</translation>
    </message>
    <message>
        <source>The layer does not know where it lies: give its coordinate system.</source>
        <translation>La couche n’a pas de système de coordonnées : indiquez-le.</translation>
    </message>
    <message>
        <source>The layer does not say where it lies: choose its coordinate system.</source>
        <translation>La couche n’indique pas son système de coordonnées : choisissez-le.</translation>
    </message>
    <message>
        <source>The layer has no style “{name}” any more.</source>
        <translation>La couche n’a plus de style « {name} ».</translation>
    </message>
    <message>
        <source>The layer is laid over others without blending.</source>
        <translation>La couche est posée sur les autres sans mode de fusion.</translation>
    </message>
    <message>
        <source>The layer is not published yet: put the address of its tiles for “{address}”.</source>
        <translation>La couche n’est pas encore publiée : remplacez « {address} » par l’adresse de ses tuiles.</translation>
    </message>
    <message>
        <source>The layer is published without this format.</source>
        <translation>La couche est publiée sans ce format.</translation>
    </message>
    <message>
        <source>The layer remembers no publication: give the technical name of the one to update.</source>
        <translation>La couche ne se souvient d’aucune publication : indiquez le nom technique de celle à mettre à jour.</translation>
    </message>
    <message>
        <source>The layer shows no table “{table}”.</source>
        <translation>La couche ne montre aucune table « {table} ».</translation>
    </message>
    <message>
        <source>The layer “{layer}” cannot be read.</source>
        <translation>La couche « {layer} » ne peut pas être lue.</translation>
    </message>
    <message>
        <source>The layer “{layer}” could not be exported.</source>
        <translation>La couche « {layer} » n’a pas pu être exportée.</translation>
    </message>
    <message>
        <source>The layer “{layer}” has no feature.</source>
        <translation>La couche « {layer} » n’a aucune entité.</translation>
    </message>
    <message>
        <source>The layer “{layer}” has no geometry.</source>
        <translation>La couche « {layer} » n’a pas de géométrie.</translation>
    </message>
    <message>
        <source>The layer “{layer}” has no style “{style}”.</source>
        <translation>La couche « {layer} » n’a pas de style « {style} ».</translation>
    </message>
    <message>
        <source>The layer “{layer}” has no tile {z}/{x}/{y}.</source>
        <translation>La couche « {layer} » n’a pas de tuile {z}/{x}/{y}.</translation>
    </message>
    <message>
        <source>The layer “{layer}” holds collections of geometries.</source>
        <translation>La couche « {layer} » contient des collections de géométries.</translation>
    </message>
    <message>
        <source>The layer “{layer}” is in QUERY_LAYERS but not in LAYERS.</source>
        <translation>La couche « {layer} » est dans QUERY_LAYERS mais pas dans LAYERS.</translation>
    </message>
    <message>
        <source>The layer “{layer}” is in SLD_BODY but not in LAYERS.</source>
        <translation>La couche « {layer} » est dans SLD_BODY mais pas dans LAYERS.</translation>
    </message>
    <message>
        <source>The layer's style “{name}”</source>
        <translation>Le style « {name} » de la couche</translation>
    </message>
    <message>
        <source>The layers of a vector tile need names of their own.</source>
        <translation>Les couches d’une tuile vectorielle doivent avoir chacune leur nom.</translation>
    </message>
    <message>
        <source>The levels {top} to {bottom} cannot be shown.</source>
        <translation>Les niveaux {top} à {bottom} ne peuvent pas être montrés.</translation>
    </message>
    <message>
        <source>The library that draws its map is not here.</source>
        <translation>La bibliothèque qui dessine sa carte n’est pas là.</translation>
    </message>
    <message>
        <source>The link is in the clipboard; it is good for 24 hours. The preview shows what is behind it.</source>
        <translation>Le lien est dans le presse-papiers ; il est valable 24 heures. L’aperçu montre ce qu’il contient.</translation>
    </message>
    <message>
        <source>The list of collections leads to what there is.</source>
        <translation>La liste des collections mène à ce qui existe.</translation>
    </message>
    <message>
        <source>The list “{list}” cannot be sorted by “{name}”.</source>
        <translation>La liste « {list} » ne peut pas être triée par « {name} ».</translation>
    </message>
    <message>
        <source>The log is empty.</source>
        <translation>Le journal est vide.</translation>
    </message>
    <message>
        <source>The log of the backend tells more.</source>
        <translation>Le journal du moteur en dit plus.</translation>
    </message>
    <message>
        <source>The log of the service says more.</source>
        <translation>Le journal du service en dit plus.</translation>
    </message>
    <message>
        <source>The login by OpenID Connect cannot start.</source>
        <translation>La connexion par OpenID Connect ne peut pas démarrer.</translation>
    </message>
    <message>
        <source>The login by OpenID Connect is not set up.</source>
        <translation>La connexion par OpenID Connect n’est pas configurée.</translation>
    </message>
    <message>
        <source>The login of a key has 1 to 100 characters, and no colon.</source>
        <translation>L’identifiant d’une clé a de 1 à 100 caractères, sans deux-points.</translation>
    </message>
    <message>
        <source>The M values of the table “{table}” are left out.</source>
        <translation>Les valeurs M de la table « {table} » sont laissées de côté.</translation>
    </message>
    <message>
        <source>The map cannot be drawn: {reason}</source>
        <translation>La carte ne peut pas être dessinée : {reason}</translation>
    </message>
    <message>
        <source>The map could not be drawn.</source>
        <translation>La carte n’a pas pu être dessinée.</translation>
    </message>
    <message>
        <source>The mark “{name}” is drawn as a square.</source>
        <translation>La marque « {name} » est dessinée comme un carré.</translation>
    </message>
    <message>
        <source>The memory of this computer is used up.</source>
        <translation>La mémoire de cet ordinateur est épuisée.</translation>
    </message>
    <message>
        <source>The metadata cannot be used.</source>
        <translation>Les métadonnées ne peuvent pas être utilisées.</translation>
    </message>
    <message>
        <source>The metadata identifier {name} cannot be used.</source>
        <translation>L’identifiant de métadonnées {name} ne peut pas être utilisé.</translation>
    </message>
    <message>
        <source>The metadata identifier {name} is taken.</source>
        <translation>L’identifiant de métadonnées {name} est déjà pris.</translation>
    </message>
    <message>
        <source>The metadata record is stored, but not in the catalogue.</source>
        <translation>La fiche de métadonnées est conservée, mais n’est pas au catalogue.</translation>
    </message>
    <message>
        <source>The name is already used by the datasheet “{owner}”.</source>
        <translation>Ce nom est déjà utilisé par la fiche de données « {owner} ».</translation>
    </message>
    <message>
        <source>The name people see.</source>
        <translation>Le nom affiché.</translation>
    </message>
    <message>
        <source>The name “{name}” is already used by the datasheet “{owner}”.</source>
        <translation>Le nom « {name} » est déjà utilisé par la fiche de données « {owner} ».</translation>
    </message>
    <message>
        <source>The name “{name}” is taken.</source>
        <translation>Le nom « {name} » est déjà pris.</translation>
    </message>
    <message>
        <source>The names are listed in the capabilities, each with its prefix.</source>
        <translation>Les capacités du service donnent la liste des noms, chacun avec son préfixe.</translation>
    </message>
    <message>
        <source>The names of this datastore start with “{prefix}.”.</source>
        <translation>Les noms de cet entrepôt commencent par « {prefix}. ».</translation>
    </message>
    <message>
        <source>The new data has no table “{table}”.</source>
        <translation>La nouvelle donnée n’a pas de table « {table} ».</translation>
    </message>
    <message>
        <source>The next one is possible in {seconds} s.</source>
        <translation>Le prochain est possible dans {seconds} s.</translation>
    </message>
    <message>
        <source>The next start of the backend goes back to what is there; the client sends the rest again.</source>
        <translation>Le prochain démarrage du moteur reprend à ce qui est là ; le client renvoie le reste.</translation>
    </message>
    <message>
        <source>The number of processes; one a core by default.</source>
        <translation>Le nombre de processus ; un par cœur par défaut.</translation>
    </message>
    <message>
        <source>The number {number} is too large to be kept.</source>
        <translation>Le nombre {number} est trop grand pour être conservé.</translation>
    </message>
    <message>
        <source>The only one</source>
        <translation>Le seul</translation>
    </message>
    <message>
        <source>The only one is {name}.</source>
        <translation>La seule est {name}.</translation>
    </message>
    <message>
        <source>The operation “{name}” is not known here.</source>
        <translation>L’opération « {name} » n’est pas connue ici.</translation>
    </message>
    <message>
        <source>The operation “{operation}” is not offered.</source>
        <translation>L’opération « {operation} » n’est pas offerte.</translation>
    </message>
    <message>
        <source>The output must be a stored data.</source>
        <translation>La sortie doit être une donnée stockée.</translation>
    </message>
    <message>
        <source>The output needs a name.</source>
        <translation>La sortie doit avoir un nom.</translation>
    </message>
    <message>
        <source>The packages that verify signatures, PyJWT and cryptography, are missing.</source>
        <translation>Les paquets qui vérifient les signatures, PyJWT et cryptography, manquent.</translation>
    </message>
    <message>
        <source>The page was open for too long. Please sign in again.</source>
        <translation>La page est restée ouverte trop longtemps. Veuillez vous connecter à nouveau.</translation>
    </message>
    <message>
        <source>The parameter is there twice, with two values.</source>
        <translation>Le paramètre y est deux fois, avec deux valeurs.</translation>
    </message>
    <message>
        <source>The parameter “path” is empty, too long or holds control characters.</source>
        <translation>Le paramètre « path » est vide, trop long ou contient des caractères de contrôle.</translation>
    </message>
    <message>
        <source>The parameter “{name}” cannot be “{value}”.</source>
        <translation>Le paramètre « {name} » ne peut pas valoir « {value} ».</translation>
    </message>
    <message>
        <source>The parameter “{name}” is missing.</source>
        <translation>Le paramètre « {name} » manque.</translation>
    </message>
    <message>
        <source>The password cannot be used.</source>
        <translation>Le mot de passe ne convient pas.</translation>
    </message>
    <message>
        <source>The password of a key has 8 to 200 characters.</source>
        <translation>Le mot de passe d’une clé a de 8 à 200 caractères.</translation>
    </message>
    <message>
        <source>The path {path} is taken.</source>
        <translation>Le chemin {path} est déjà pris.</translation>
    </message>
    <message>
        <source>The permission ends</source>
        <translation>La permission prend fin</translation>
    </message>
    <message>
        <source>The permission “{name}” asks for a strong authentication.</source>
        <translation>La permission « {name} » exige une authentification forte.</translation>
    </message>
    <message>
        <source>The permission “{name}” has ended.</source>
        <translation>La permission « {name} » a expiré.</translation>
    </message>
    <message>
        <source>The picture could not be drawn.</source>
        <translation>L’image n’a pas pu être dessinée.</translation>
    </message>
    <message>
        <source>The picture could not be written as {format}.</source>
        <translation>L’image n’a pas pu être écrite en {format}.</translation>
    </message>
    <message>
        <source>The picture format “{format}” is not known.</source>
        <translation>Le format d’image « {format} » n’est pas connu.</translation>
    </message>
    <message>
        <source>The plugin's zip brings it along; in a checkout, `make viewer` fetches it.</source>
        <translation>Le zip de l’extension l’apporte ; dans une copie du dépôt, `make viewer` la télécharge.</translation>
    </message>
    <message>
        <source>The port {port} of {host} cannot be used.</source>
        <translation>Le port {port} de {host} ne peut pas être utilisé.</translation>
    </message>
    <message>
        <source>The port; the one of the last time by default.</source>
        <translation>Le port ; par défaut, celui de la dernière fois.</translation>
    </message>
    <message>
        <source>The presets are: {names}.</source>
        <translation>Les préréglages sont : {names}.</translation>
    </message>
    <message>
        <source>the previous data are not those of the previous pyramid.</source>
        <translation>les données précédentes ne sont pas celles de la pyramide précédente.</translation>
    </message>
    <message>
        <source>the previous data cannot be read.</source>
        <translation>les données précédentes ne peuvent pas être lues.</translation>
    </message>
    <message>
        <source>the previous pyramid cannot be read.</source>
        <translation>la pyramide précédente ne peut pas être lue.</translation>
    </message>
    <message>
        <source>the previous pyramid does not tell how it was made.</source>
        <translation>la pyramide précédente ne dit pas comment elle a été faite.</translation>
    </message>
    <message>
        <source>the previous pyramid is damaged.</source>
        <translation>la pyramide précédente est endommagée.</translation>
    </message>
    <message>
        <source>the previous pyramid was made with other settings, columns or another version.</source>
        <translation>la pyramide précédente a été faite avec d’autres réglages, d’autres colonnes ou une autre version.</translation>
    </message>
    <message>
        <source>The process that builds tiles broke down, or took longer than {seconds} seconds.</source>
        <translation>Le processus qui calcule les tuiles s’est arrêté, ou a pris plus de {seconds} secondes.</translation>
    </message>
    <message>
        <source>The program could not be started.</source>
        <translation>Le programme n’a pas pu être lancé.</translation>
    </message>
    <message>
        <source>The programs that may ask a team server for tokens.</source>
        <translation>Les programmes qui peuvent demander des jetons à un serveur d’équipe.</translation>
    </message>
    <message>
        <source>The publication of “{title}” was broken off.</source>
        <translation>La publication de « {title} » a été interrompue.</translation>
    </message>
    <message>
        <source>The publication was cancelled.</source>
        <translation>La publication a été annulée.</translation>
    </message>
    <message>
        <source>The publishing backend did not start.</source>
        <translation>Le moteur de publication n’a pas démarré.</translation>
    </message>
    <message>
        <source>The publishing backend ended unexpectedly.</source>
        <translation>Le moteur de publication s’est arrêté de façon inattendue.</translation>
    </message>
    <message>
        <source>The publishing backend started and wrote no address into {path}.</source>
        <translation>Le moteur de publication a démarré sans écrire d’adresse dans {path}.</translation>
    </message>
    <message>
        <source>The publishing engine of GeoPub.</source>
        <translation>Le moteur de publication de GeoPub.</translation>
    </message>
    <message>
        <source>The pyramid has no table.</source>
        <translation>La pyramide n’a pas de table.</translation>
    </message>
    <message>
        <source>The pyramid has the levels {first} to {last}.</source>
        <translation>La pyramide a les niveaux {first} à {last}.</translation>
    </message>
    <message>
        <source>The pyramid of “{table}” would have about {count} million tiles.</source>
        <translation>La pyramide de « {table} » aurait environ {count} millions de tuiles.</translation>
    </message>
    <message>
        <source>The Python package {name} is missing.</source>
        <translation>Le paquet Python {name} manque.</translation>
    </message>
    <message>
        <source>The query names {count}.</source>
        <translation>L’interrogation en nomme {count}.</translation>
    </message>
    <message>
        <source>The queryables of the collection list its properties.</source>
        <translation>Les attributs interrogeables (queryables) de la collection sont listés à part.</translation>
    </message>
    <message>
        <source>The record is being read…</source>
        <translation>Lecture de la fiche…</translation>
    </message>
    <message>
        <source>The renderer broke down over it, twice.</source>
        <translation>Le moteur de rendu s’est arrêté deux fois en la dessinant.</translation>
    </message>
    <message>
        <source>The renderer has ended too often, or was stopped.</source>
        <translation>Le moteur de rendu s’est arrêté trop souvent, ou a été arrêté.</translation>
    </message>
    <message>
        <source>The renderer is too busy.</source>
        <translation>Le moteur de rendu est trop occupé.</translation>
    </message>
    <message>
        <source>The renderer met an error that it does not know.</source>
        <translation>Le moteur de rendu a rencontré une erreur qu’il ne connaît pas.</translation>
    </message>
    <message>
        <source>The request cannot be answered</source>
        <translation>La demande ne peut pas recevoir de réponse</translation>
    </message>
    <message>
        <source>The request carries no valid key.</source>
        <translation>La requête ne porte aucune clé valable.</translation>
    </message>
    <message>
        <source>The request could not be answered because of an error inside the service.</source>
        <translation>La requête n’a pas pu recevoir de réponse à cause d’une erreur interne du service.</translation>
    </message>
    <message>
        <source>The request holds no file.</source>
        <translation>La requête ne contient aucun fichier.</translation>
    </message>
    <message>
        <source>The request holds text that cannot be read.</source>
        <translation>La requête contient du texte illisible.</translation>
    </message>
    <message>
        <source>The request holds {count} queries, and this {lists} lists.</source>
        <translation>La requête contient {count} interrogations, et ce paramètre {lists} listes.</translation>
    </message>
    <message>
        <source>The request holds {count}.</source>
        <translation>La requête en contient {count}.</translation>
    </message>
    <message>
        <source>The request is not authenticated.</source>
        <translation>La requête n’est pas authentifiée.</translation>
    </message>
    <message>
        <source>The request states no length.</source>
        <translation>La requête n’indique pas sa longueur.</translation>
    </message>
    <message>
        <source>The request was refused.</source>
        <translation>La requête a été refusée.</translation>
    </message>
    <message>
        <source>The result of the job could not be kept.</source>
        <translation>Le résultat du traitement n’a pas pu être conservé.</translation>
    </message>
    <message>
        <source>The result of the job is not what it announced.</source>
        <translation>Le résultat du traitement n’est pas celui qu’il a annoncé.</translation>
    </message>
    <message>
        <source>The rows of the table “{table}” have been numbered.</source>
        <translation>Les lignes de la table « {table} » ont été numérotées.</translation>
    </message>
    <message>
        <source>The rule is left out: it draws nothing.</source>
        <translation>La règle est omise : elle ne dessine rien.</translation>
    </message>
    <message>
        <source>The rule is left out: its filter uses “{element}”, which SLD 1.0.0 lacks.</source>
        <translation>La règle est omise : son filtre utilise « {element} », que le SLD 1.0.0 ne connaît pas.</translation>
    </message>
    <message>
        <source>The server answered with status {status}.</source>
        <translation>Le serveur a répondu avec le code {status}.</translation>
    </message>
    <message>
        <source>The server does not say why.</source>
        <translation>Le serveur ne dit pas pourquoi.</translation>
    </message>
    <message>
        <source>The server has no endpoint with room for a restricted {type} service.</source>
        <translation>Le serveur n’a pas de point d’accès disponible pour un service {type} restreint.</translation>
    </message>
    <message>
        <source>The server has no open endpoint with room for a {type} service.</source>
        <translation>Le serveur n’a pas de point d’accès ouvert avec de la place pour un service {type}.</translation>
    </message>
    <message>
        <source>The server has no restricted access for: {names}.</source>
        <translation>Le serveur ne permet pas d’accès restreint pour : {names}.</translation>
    </message>
    <message>
        <source>The server has no room for one more record.</source>
        <translation>Le serveur n’a plus de place pour une fiche.</translation>
    </message>
    <message>
        <source>The server has not got all of its files.</source>
        <translation>Le serveur n’a pas reçu tous ses fichiers.</translation>
    </message>
    <message>
        <source>The server moved to {address}: use that address.</source>
        <translation>Le serveur a déménagé vers {address} : utilisez cette adresse.</translation>
    </message>
    <message>
        <source>The server of this publication is no longer known.</source>
        <translation>Le serveur de cette publication n’est plus connu.</translation>
    </message>
    <message>
        <source>The server refused with status {status}, without saying why.</source>
        <translation>Le serveur a refusé avec le statut {status}, sans dire pourquoi.</translation>
    </message>
    <message>
        <source>The server that draws has no such files, unless it is that computer.</source>
        <translation>Le serveur qui dessine n’a pas ces fichiers, à moins d’être cet ordinateur.</translation>
    </message>
    <message>
        <source>The server to which “{title}” was going is no longer known.</source>
        <translation>Le serveur auquel « {title} » était destiné n’est plus connu.</translation>
    </message>
    <message>
        <source>The server {host} does not answer.</source>
        <translation>Le serveur {host} ne répond pas.</translation>
    </message>
    <message>
        <source>The service cannot be restricted.</source>
        <translation>Le service ne peut pas être restreint.</translation>
    </message>
    <message>
        <source>The service has a style “{style}” already.</source>
        <translation>Le service a déjà un style « {style} ».</translation>
    </message>
    <message>
        <source>The service has no style of its own.</source>
        <translation>Le service n’a pas de style propre.</translation>
    </message>
    <message>
        <source>The service has no style “{style}”.</source>
        <translation>Le service n’a pas de style « {style} ».</translation>
    </message>
    <message>
        <source>The service has no table “{table}”.</source>
        <translation>Le service n’a pas de table « {table} ».</translation>
    </message>
    <message>
        <source>The service is {status}.</source>
        <translation>Le service est dans l’état {status}.</translation>
    </message>
    <message>
        <source>The service “{service}” is not offered at this address.</source>
        <translation>Le service « {service} » n’est pas offert à cette adresse.</translation>
    </message>
    <message>
        <source>The services and tiles know only straight segments; arcs are followed in steps of 4 degrees.</source>
        <translation>Les services et les tuiles ne connaissent que des segments droits ; les arcs sont suivis par pas de 4 degrés.</translation>
    </message>
    <message>
        <source>The services do not carry them. Coordinates and heights stay.</source>
        <translation>Les services ne les transportent pas. Les coordonnées et les altitudes restent.</translation>
    </message>
    <message>
        <source>The services show a former version of the data.</source>
        <translation>Les services montrent une version antérieure des données.</translation>
    </message>
    <message>
        <source>The services show a former version of the style.</source>
        <translation>Les services montrent une version antérieure du style.</translation>
    </message>
    <message>
        <source>The services show it at once; no version is lost.</source>
        <translation>Les services la montrent aussitôt ; aucune version n’est perdue.</translation>
    </message>
    <message>
        <source>The setting openid_client is there, and openid_secret_file is not.</source>
        <translation>Le réglage openid_client est donné, openid_secret_file ne l’est pas.</translation>
    </message>
    <message>
        <source>The setting {name} cannot be “{value}”.</source>
        <translation>Le réglage {name} ne peut pas valoir « {value} ».</translation>
    </message>
    <message>
        <source>The settings openid_issuer and openid_audience are both needed.</source>
        <translation>Les réglages openid_issuer et openid_audience sont tous deux nécessaires.</translation>
    </message>
    <message>
        <source>The shapefile “{name}” is not complete: {missing} is missing.</source>
        <translation>Le shapefile « {name} » n’est pas complet : il manque {missing}.</translation>
    </message>
    <message>
        <source>The shortest lines go where a tile has no room.</source>
        <translation>Les lignes les plus courtes disparaissent là où une tuile n’a plus de place.</translation>
    </message>
    <message>
        <source>The sign-in could not be kept.</source>
        <translation>La connexion n’a pas pu être enregistrée.</translation>
    </message>
    <message>
        <source>The SLD does not show everything that the QGIS style shows.</source>
        <translation>Le SLD ne montre pas tout ce que montre le style QGIS.</translation>
    </message>
    <message>
        <source>The SLD is of version “{version}”.</source>
        <translation>Le SLD est de version « {version} ».</translation>
    </message>
    <message>
        <source>The SLD uses prefixes that it does not declare: {names}.</source>
        <translation>Le SLD emploie des préfixes qu’il ne déclare pas : {names}.</translation>
    </message>
    <message>
        <source>The smallest areas go into their neighbours.</source>
        <translation>Les plus petites surfaces se fondent dans leurs voisines.</translation>
    </message>
    <message>
        <source>The sortables of the collection list its properties.</source>
        <translation>Les attributs de tri (sortables) de la collection sont listés à part.</translation>
    </message>
    <message>
        <source>The spatial reference system “{srs}” is not known to QGIS.</source>
        <translation>QGIS ne connaît pas le système de coordonnées « {srs} ».</translation>
    </message>
    <message>
        <source>The step “{step}” failed.</source>
        <translation>L’étape « {step} » a échoué.</translation>
    </message>
    <message>
        <source>The style calls the function “{name}”.</source>
        <translation>Le style appelle la fonction « {name} ».</translation>
    </message>
    <message>
        <source>The style can be used. Findings: {count}.</source>
        <translation>Le style peut être utilisé. Constats : {count}.</translation>
    </message>
    <message>
        <source>The style cannot be read.</source>
        <translation>Le style ne peut pas être lu.</translation>
    </message>
    <message>
        <source>The style cannot be used.</source>
        <translation>Le style ne peut pas être utilisé.</translation>
    </message>
    <message>
        <source>The style cannot be written as {format}.</source>
        <translation>Le style ne peut pas être écrit en {format}.</translation>
    </message>
    <message>
        <source>The style cannot be written for the tiles.</source>
        <translation>Le style ne peut pas être écrit pour les tuiles.</translation>
    </message>
    <message>
        <source>The style could not be written as {format}.</source>
        <translation>Le style n’a pas pu être écrit en {format}.</translation>
    </message>
    <message>
        <source>The style does not fit the geometry of “{table}”.</source>
        <translation>Le style ne convient pas à la géométrie de « {table} ».</translation>
    </message>
    <message>
        <source>The style file “{name}” cannot be used.</source>
        <translation>Le fichier de style « {name} » ne peut pas être utilisé.</translation>
    </message>
    <message>
        <source>The style has changed since.</source>
        <translation>Le style a changé depuis.</translation>
    </message>
    <message>
        <source>The style has no layer.</source>
        <translation>Le style n’a aucune couche.</translation>
    </message>
    <message>
        <source>The style has no rule.</source>
        <translation>Le style n’a aucune règle.</translation>
    </message>
    <message>
        <source>The style has no symbol for points, lines or polygons.</source>
        <translation>Le style n’a pas de symbole pour des points, des lignes ou des polygones.</translation>
    </message>
    <message>
        <source>The style has no vector symbology.</source>
        <translation>Le style n’a pas de symbologie vectorielle.</translation>
    </message>
    <message>
        <source>The style has symbology of the type “{kind}”, which QGIS does not know.</source>
        <translation>Le style a une symbologie de type « {kind} », que QGIS ne connaît pas.</translation>
    </message>
    <message>
        <source>The style has {count} sources.</source>
        <translation>Le style a {count} sources.</translation>
    </message>
    <message>
        <source>The style in SLD_BODY brings or fetches graphics or features: {names}.</source>
        <translation>Le style de SLD_BODY apporte ou va chercher des images ou des entités : {names}.</translation>
    </message>
    <message>
        <source>The style in SLD_BODY cannot be drawn on “{table}”.</source>
        <translation>Le style de SLD_BODY ne peut pas être dessiné sur « {table} ».</translation>
    </message>
    <message>
        <source>The style in SLD_BODY is too large.</source>
        <translation>Le style de SLD_BODY est trop grand.</translation>
    </message>
    <message>
        <source>The style is of version “{version}”.</source>
        <translation>Le style est de version « {version} ».</translation>
    </message>
    <message>
        <source>The style of the layer</source>
        <translation>Le style de la couche</translation>
    </message>
    <message>
        <source>The style of the vector tiles does not show everything that the QGIS style shows.</source>
        <translation>Le style des tuiles vectorielles ne montre pas tout ce que montre le style de QGIS.</translation>
    </message>
    <message>
        <source>The style of “{table}” cannot be written as SLD 1.0.0.</source>
        <translation>Le style de « {table} » ne peut pas être écrit en SLD 1.0.0.</translation>
    </message>
    <message>
        <source>The style of “{table}” cannot be written as SLD.</source>
        <translation>Le style de « {table} » ne peut pas être écrit en SLD.</translation>
    </message>
    <message>
        <source>The style of “{table}” is not drawn.</source>
        <translation>Le style de « {table} » n’est pas dessiné.</translation>
    </message>
    <message>
        <source>The style takes its symbols from elsewhere.</source>
        <translation>Le style prend ses symboles ailleurs.</translation>
    </message>
    <message>
        <source>The style takes its {part} from elsewhere.</source>
        <translation>Le style prend ses {part} ailleurs.</translation>
    </message>
    <message>
        <source>The style uses the attribute “{name}”, which “{table}” does not have.</source>
        <translation>Le style utilise l’attribut « {name} », que « {table} » n’a pas.</translation>
    </message>
    <message>
        <source>The style “{name}” is in use.</source>
        <translation>Le style « {name} » est utilisé.</translation>
    </message>
    <message>
        <source>The style “{style}” cannot be offered.</source>
        <translation>Le style « {style} » ne peut pas être proposé.</translation>
    </message>
    <message>
        <source>The style “{style}” does not fit the table “{table}”.</source>
        <translation>Le style « {style} » ne convient pas à la table « {table} ».</translation>
    </message>
    <message>
        <source>The style “{style}” has no file.</source>
        <translation>Le style « {style} » n’a aucun fichier.</translation>
    </message>
    <message>
        <source>The style “{style}” is taken away from the service, for everybody.</source>
        <translation>Le style « {style} » est retiré du service, pour tout le monde.</translation>
    </message>
    <message>
        <source>The styles {names} belong to no table.</source>
        <translation>Les styles {names} ne correspondent à aucune table.</translation>
    </message>
    <message>
        <source>The supervisor cannot leave “{name}”.</source>
        <translation>Le superviseur ne peut pas quitter « {name} ».</translation>
    </message>
    <message>
        <source>The symbols are pictures in files beside the style: put their address as “sprite”.</source>
        <translation>Les symboles sont des images dans des fichiers à côté du style : indiquez leur adresse dans « sprite ».</translation>
    </message>
    <message>
        <source>The symbols of the style are kept beside it.</source>
        <translation>Les symboles du style sont gardés à côté de lui.</translation>
    </message>
    <message>
        <source>The symbols of the style were not found.</source>
        <translation>Les symboles du style sont introuvables.</translation>
    </message>
    <message>
        <source>The system does not allow it to this user: {reason}.</source>
        <translation>Le système ne le permet pas à cet utilisateur : {reason}.</translation>
    </message>
    <message>
        <source>The system says: {message}</source>
        <translation>Le système dit : {message}</translation>
    </message>
    <message>
        <source>The system says: {reason}.</source>
        <translation>Le système répond : {reason}.</translation>
    </message>
    <message>
        <source>The table has: {fields}.</source>
        <translation>La table contient : {fields}.</translation>
    </message>
    <message>
        <source>The table “{table}” cannot be opened for drawing.</source>
        <translation>La table « {table} » ne peut pas être ouverte pour le dessin.</translation>
    </message>
    <message>
        <source>The table “{table}” cannot be read: {reason}.</source>
        <translation>La table « {table} » ne peut pas être lue : {reason}.</translation>
    </message>
    <message>
        <source>The table “{table}” has curves.</source>
        <translation>La table « {table} » contient des courbes.</translation>
    </message>
    <message>
        <source>The table “{table}” has no attribute “{name}”.</source>
        <translation>La table « {table} » n’a pas d’attribut « {name} ».</translation>
    </message>
    <message>
        <source>The table “{table}” has no column “{name}”.</source>
        <translation>La table « {table} » n’a pas de colonne « {name} ».</translation>
    </message>
    <message>
        <source>The table “{table}” has no coordinate reference system.</source>
        <translation>La table « {table} » n’a pas de système de coordonnées.</translation>
    </message>
    <message>
        <source>The table “{table}” has no rows.</source>
        <translation>La table « {table} » n’a aucune ligne.</translation>
    </message>
    <message>
        <source>The table “{table}” has no usable coordinate reference system; it is read as {declared}.</source>
        <translation>La table « {table} » n’a pas de système de coordonnées utilisable ; elle est lue en {declared}.</translation>
    </message>
    <message>
        <source>The table “{table}” has shapes that cannot be read.</source>
        <translation>La table « {table} » contient des formes illisibles.</translation>
    </message>
    <message>
        <source>The table “{table}” has surfaces in space.</source>
        <translation>La table « {table} » contient des surfaces dans l’espace.</translation>
    </message>
    <message>
        <source>The table “{table}” holds {kinds}.</source>
        <translation>La table « {table} » contient {kinds}.</translation>
    </message>
    <message>
        <source>The table “{table}” is in coordinates of its own, “{srs}”.</source>
        <translation>La table « {table} » est dans des coordonnées qui lui sont propres, « {srs} ».</translation>
    </message>
    <message>
        <source>The table “{table}” is in {found}, and {declared} was declared.</source>
        <translation>La table « {table} » est en {found}, alors que {declared} a été déclaré.</translation>
    </message>
    <message>
        <source>The table “{table}” is published as “{name}”.</source>
        <translation>La table « {table} » est publiée sous le nom « {name} ».</translation>
    </message>
    <message>
        <source>The table “{table}” mixes single and multiple geometries; all are published as {type}.</source>
        <translation>La table « {table} » mêle des géométries simples et multiples ; toutes sont publiées en {type}.</translation>
    </message>
    <message>
        <source>The table “{table}” says that it is in {found}; it is read as {declared}.</source>
        <translation>La table « {table} » se dit en {found} ; elle est lue en {declared}.</translation>
    </message>
    <message>
        <source>The table's name in the tiles (may be repeated).</source>
        <translation>Le nom de la table dans les tuiles (peut être répété).</translation>
    </message>
    <message>
        <source>The tables are: {names}.</source>
        <translation>Les tables sont : {names}.</translation>
    </message>
    <message>
        <source>The tables of features are: {known}.</source>
        <translation>Les tables d’entités sont : {known}.</translation>
    </message>
    <message>
        <source>The tables of the file use {count} coordinate reference systems.</source>
        <translation>Les tables du fichier utilisent {count} systèmes de coordonnées.</translation>
    </message>
    <message>
        <source>The technical name in addresses; made from the title by default.</source>
        <translation>Le nom technique dans les adresses ; par défaut, tiré du titre.</translation>
    </message>
    <message>
        <source>The technical name is part of the addresses; the GeoPub panel shows it.</source>
        <translation>Le nom technique fait partie des adresses ; le panneau GeoPub l’affiche.</translation>
    </message>
    <message>
        <source>The tile cannot be built at once.</source>
        <translation>La tuile ne peut pas être calculée tout de suite.</translation>
    </message>
    <message>
        <source>The tile cannot be built.</source>
        <translation>La tuile ne peut pas être calculée.</translation>
    </message>
    <message>
        <source>The tile could not be built.</source>
        <translation>La tuile n’a pas pu être calculée.</translation>
    </message>
    <message>
        <source>The tile {z}/{x}/{y} is not there yet.</source>
        <translation>La tuile {z}/{x}/{y} n’existe pas encore.</translation>
    </message>
    <message>
        <source>The tiles hold: {names}.</source>
        <translation>Les tuiles contiennent : {names}.</translation>
    </message>
    <message>
        <source>The tiles of “{table}” would carry no attribute.</source>
        <translation>Les tuiles de « {table} » ne porteraient aucun attribut.</translation>
    </message>
    <message>
        <source>The tiles of “{title}” do not answer.</source>
        <translation>Les tuiles de « {title} » ne répondent pas.</translation>
    </message>
    <message>
        <source>The title people see.</source>
        <translation>Le titre affiché.</translation>
    </message>
    <message>
        <source>The token cannot be read from {path}.</source>
        <translation>Le jeton ne peut pas être lu dans {path}.</translation>
    </message>
    <message>
        <source>The top level is the smaller number: it shows the whole.</source>
        <translation>Le niveau du haut est le plus petit nombre : il montre l’ensemble.</translation>
    </message>
    <message>
        <source>The top level may not be below the bottom level, and both lie between 0 and 18.</source>
        <translation>Le niveau le plus haut ne peut pas être sous le niveau le plus bas, et tous deux sont compris entre 0 et 18.</translation>
    </message>
    <message>
        <source>The top level of the tiles.</source>
        <translation>Le niveau le plus large des tuiles.</translation>
    </message>
    <message>
        <source>The type of a configuration cannot change.</source>
        <translation>Le type d’une configuration ne peut pas changer.</translation>
    </message>
    <message>
        <source>The type of a permission must be {one} or {other}.</source>
        <translation>Le type d’une permission doit être {one} ou {other}.</translation>
    </message>
    <message>
        <source>The upload is no longer on the server.</source>
        <translation>La livraison n’est plus sur le serveur.</translation>
    </message>
    <message>
        <source>The upload “{name}” already has a file “{path}”.</source>
        <translation>La livraison « {name} » a déjà un fichier « {path} ».</translation>
    </message>
    <message>
        <source>The upload “{name}” cannot be closed.</source>
        <translation>La livraison « {name} » ne peut pas être fermée.</translation>
    </message>
    <message>
        <source>The upload “{name}” has no file “{path}”.</source>
        <translation>La livraison « {name} » n’a pas de fichier « {path} ».</translation>
    </message>
    <message>
        <source>The upload “{name}” is in use.</source>
        <translation>La livraison « {name} » est utilisée.</translation>
    </message>
    <message>
        <source>The upload “{name}” is not complete.</source>
        <translation>La livraison « {name} » n’est pas complète.</translation>
    </message>
    <message>
        <source>The upload “{name}” takes no files.</source>
        <translation>La livraison « {name} » n’accepte pas de fichier.</translation>
    </message>
    <message>
        <source>The user of this machine cannot be removed.</source>
        <translation>L’utilisateur de cette machine ne peut pas être supprimé.</translation>
    </message>
    <message>
        <source>The user of this machine has the token of server.json, and no password.</source>
        <translation>L’utilisateur de cette machine a le jeton de server.json, et pas de mot de passe.</translation>
    </message>
    <message>
        <source>The user {email} cannot be removed.</source>
        <translation>L’utilisateur {email} ne peut pas être supprimé.</translation>
    </message>
    <message>
        <source>The users of a team server.</source>
        <translation>Les utilisateurs d’un serveur d’équipe.</translation>
    </message>
    <message>
        <source>The view “{table}” is published as a table.</source>
        <translation>La vue « {table} » est publiée comme une table.</translation>
    </message>
    <message>
        <source>The web page of “{name}” cannot be shown.</source>
        <translation>La page web de « {name} » ne peut pas être affichée.</translation>
    </message>
    <message>
        <source>the whole style</source>
        <translation>tout le style</translation>
    </message>
    <message>
        <source>The whole world is 0; each level doubles the scale.</source>
        <translation>Le monde entier est au niveau 0 ; chaque niveau double l’échelle.</translation>
    </message>
    <message>
        <source>The work begins.</source>
        <translation>Le travail commence.</translation>
    </message>
    <message>
        <source>The work failed.</source>
        <translation>Le travail a échoué.</translation>
    </message>
    <message>
        <source>The work was cancelled.</source>
        <translation>Le travail a été annulé.</translation>
    </message>
    <message>
        <source>The worker ended with the code {code} and no result.</source>
        <translation>Le processus s’est terminé avec le code {code} et sans résultat.</translation>
    </message>
    <message>
        <source>The worker of this execution crashed.</source>
        <translation>Le processus de cette exécution s’est arrêté brutalement.</translation>
    </message>
    <message>
        <source>The worker of this execution was ended by the system.</source>
        <translation>Le processus de cette exécution a été arrêté par le système.</translation>
    </message>
    <message>
        <source>The XML cannot be read.</source>
        <translation>Le XML ne peut pas être lu.</translation>
    </message>
    <message>
        <source>The XML was refused.</source>
        <translation>Le XML a été refusé.</translation>
    </message>
    <message>
        <source>The {count} files of the delivery become the tables of one publication.</source>
        <translation>Les {count} fichiers de la livraison deviennent les tables d’une même publication.</translation>
    </message>
    <message>
        <source>The {kind} service does not answer. Refresh, then publish again.</source>
        <translation>Le service {kind} ne répond pas. Actualisez, puis publiez de nouveau.</translation>
    </message>
    <message>
        <source>The {kind} service “{name}” will no longer answer, for anybody.</source>
        <translation>Le service {kind} « {name} » ne répondra plus, à personne.</translation>
    </message>
    <message>
        <source>Their bytes are damaged, or their coordinates are not numbers.</source>
        <translation>Leurs octets sont abîmés, ou leurs coordonnées ne sont pas des nombres.</translation>
    </message>
    <message>
        <source>Their bytes are damaged.</source>
        <translation>Leurs octets sont abîmés.</translation>
    </message>
    <message>
        <source>Their checksum differs: the disk is damaged, or they were changed from outside.</source>
        <translation>Leur somme de contrôle diffère : le disque est endommagé, ou ils ont été modifiés de l’extérieur.</translation>
    </message>
    <message>
        <source>Their directories or tiles are damaged.</source>
        <translation>Leurs répertoires ou leurs tuiles sont endommagés.</translation>
    </message>
    <message>
        <source>Their names are absolute or contain “..”.</source>
        <translation>Leurs noms sont absolus ou contiennent « .. ».</translation>
    </message>
    <message>
        <source>Their outlines cross or touch themselves, or are not closed.</source>
        <translation>Leurs contours se croisent, se touchent eux-mêmes ou ne sont pas fermés.</translation>
    </message>
    <message>
        <source>Their points lie on one line or in one place.</source>
        <translation>Leurs points sont alignés ou confondus.</translation>
    </message>
    <message>
        <source>Themes</source>
        <translation>Thématiques</translation>
    </message>
    <message>
        <source>There are more layer names than tables.</source>
        <translation>Il y a plus de noms de couches que de tables.</translation>
    </message>
    <message>
        <source>There are no glyphs {first}-{last} of “{font}”.</source>
        <translation>Il n’y a pas de glyphes {first}-{last} de « {font} ».</translation>
    </message>
    <message>
        <source>There are too many networks; {count} can be given.</source>
        <translation>Il y a trop de réseaux ; {count} au plus.</translation>
    </message>
    <message>
        <source>There are: {names}.</source>
        <translation>Il y a : {names}.</translation>
    </message>
    <message>
        <source>There is a client {name} already.</source>
        <translation>Il y a déjà un client {name}.</translation>
    </message>
    <message>
        <source>There is a datastore {name} already.</source>
        <translation>Il y a déjà un entrepôt {name}.</translation>
    </message>
    <message>
        <source>There is a user {email} already.</source>
        <translation>Il y a déjà un utilisateur {email}.</translation>
    </message>
    <message>
        <source>There is another user with the e-mail address {email}.</source>
        <translation>Un autre utilisateur a l’adresse de courriel {email}.</translation>
    </message>
    <message>
        <source>There is little room left: delete what is no longer needed.</source>
        <translation>Il reste peu de place : supprimez ce qui ne sert plus.</translation>
    </message>
    <message>
        <source>There is no action “{name}”.</source>
        <translation>Il n’y a pas d’action « {name} ».</translation>
    </message>
    <message>
        <source>There is no beneficiary {identifier}.</source>
        <translation>Il n’y a pas de bénéficiaire {identifier}.</translation>
    </message>
    <message>
        <source>There is no catalogue of this version of GeoPub in it.</source>
        <translation>Il ne contient pas de catalogue de cette version de GeoPub.</translation>
    </message>
    <message>
        <source>There is no check {identifier}.</source>
        <translation>Il n’y a pas de vérification {identifier}.</translation>
    </message>
    <message>
        <source>There is no client {name}.</source>
        <translation>Il n’y a pas de client {name}.</translation>
    </message>
    <message>
        <source>There is no collection “{name}”.</source>
        <translation>Il n’y a pas de collection « {name} ».</translation>
    </message>
    <message>
        <source>There is no datasheet “{name}”.</source>
        <translation>Il n’y a pas de fiche de données « {name} ».</translation>
    </message>
    <message>
        <source>There is no datastore {identifier}.</source>
        <translation>Il n’y a pas d’entrepôt {identifier}.</translation>
    </message>
    <message>
        <source>There is no datastore {name} among yours.</source>
        <translation>L’entrepôt {name} n’est pas parmi les vôtres.</translation>
    </message>
    <message>
        <source>There is no datastore {name}.</source>
        <translation>Il n’y a pas d’entrepôt {name}.</translation>
    </message>
    <message>
        <source>There is no datastore “{name}”; there are: {names}.</source>
        <translation>Il n’y a pas d’entrepôt « {name} » ; il y a : {names}.</translation>
    </message>
    <message>
        <source>There is no endpoint {identifier} for metadata in this datastore.</source>
        <translation>Il n’y a pas de point d’accès {identifier} pour les métadonnées dans cet entrepôt.</translation>
    </message>
    <message>
        <source>There is no endpoint {identifier} here.</source>
        <translation>Il n’y a pas de point d’accès {identifier} ici.</translation>
    </message>
    <message>
        <source>There is no endpoint {identifier} in this datastore.</source>
        <translation>Il n’y a pas de point d’accès {identifier} dans cet entrepôt.</translation>
    </message>
    <message>
        <source>There is no feature “{name}”.</source>
        <translation>Il n’y a pas d’entité « {name} ».</translation>
    </message>
    <message>
        <source>There is no file “{name}” to be handed over.</source>
        <translation>Il n’y a pas de fichier « {name} » à remettre.</translation>
    </message>
    <message>
        <source>There is no generalisation preset “{name}”.</source>
        <translation>Il n’existe pas de préréglage de généralisation « {name} ».</translation>
    </message>
    <message>
        <source>There is no key of type “{type}”.</source>
        <translation>Il n’y a pas de clé de type « {type} ».</translation>
    </message>
    <message>
        <source>There is no layer “{layer}”.</source>
        <translation>Il n’y a pas de couche « {layer} ».</translation>
    </message>
    <message>
        <source>There is no member {identifier}.</source>
        <translation>Il n’y a pas de membre {identifier}.</translation>
    </message>
    <message>
        <source>There is no metadata with the identifier {name}.</source>
        <translation>Il n’y a pas de métadonnées d’identifiant {name}.</translation>
    </message>
    <message>
        <source>There is no more room for your documents.</source>
        <translation>Il n’y a plus de place pour vos documents.</translation>
    </message>
    <message>
        <source>There is no offering {identifier} in this datastore.</source>
        <translation>Il n’y a pas d’offre {identifier} dans cet entrepôt.</translation>
    </message>
    <message>
        <source>There is no parameter “{name}”.</source>
        <translation>Il n’y a pas de paramètre « {name} ».</translation>
    </message>
    <message>
        <source>There is no permission {identifier} for you.</source>
        <translation>Il n’y a pas de permission {identifier} pour vous.</translation>
    </message>
    <message>
        <source>There is no processing {identifier}.</source>
        <translation>Il n’y a pas de traitement {identifier}.</translation>
    </message>
    <message>
        <source>There is no resource “{name}”.</source>
        <translation>Il n’y a pas de ressource « {name} ».</translation>
    </message>
    <message>
        <source>There is no revision {number}.</source>
        <translation>Il n’y a pas de révision {number}.</translation>
    </message>
    <message>
        <source>There is no right “{name}”.</source>
        <translation>Il n’y a pas de droit « {name} ».</translation>
    </message>
    <message>
        <source>There is no storage for data of type {type}.</source>
        <translation>Il n’y a pas de stockage pour les données de type {type}.</translation>
    </message>
    <message>
        <source>There is no stored data {identifier} to publish.</source>
        <translation>Il n’y a pas de donnée stockée {identifier} à publier.</translation>
    </message>
    <message>
        <source>There is no stored query “{name}”.</source>
        <translation>Il n’y a pas de requête enregistrée « {name} ».</translation>
    </message>
    <message>
        <source>There is no style {identifier}.</source>
        <translation>Il n’y a pas de style {identifier}.</translation>
    </message>
    <message>
        <source>There is no table “{name}” to publish.</source>
        <translation>Il n’y a pas de table « {name} » à publier.</translation>
    </message>
    <message>
        <source>There is no table “{table}” in the file.</source>
        <translation>Il n’y a pas de table « {table} » dans le fichier.</translation>
    </message>
    <message>
        <source>There is no table “{table}” to make tiles of.</source>
        <translation>Il n’y a pas de table « {table} » à mettre en tuiles.</translation>
    </message>
    <message>
        <source>There is no target “{name}”.</source>
        <translation>Il n’y a pas de cible « {name} ».</translation>
    </message>
    <message>
        <source>There is no target “{name}”; there are: {names}.</source>
        <translation>La cible « {name} » n’existe pas ; il y a : {names}.</translation>
    </message>
    <message>
        <source>There is no tile layer “{name}”.</source>
        <translation>Il n’y a pas de couche de tuiles « {name} ».</translation>
    </message>
    <message>
        <source>There is no tile matrix set {name}; there is {other}.</source>
        <translation>Il n’y a pas de jeu de matrices de tuiles {name} ; il y a {other}.</translation>
    </message>
    <message>
        <source>There is no tile {place} on this level.</source>
        <translation>Il n’y a pas de tuile {place} à ce niveau.</translation>
    </message>
    <message>
        <source>There is no user {identifier}.</source>
        <translation>Il n’y a pas d’utilisateur {identifier}.</translation>
    </message>
    <message>
        <source>There is no user {name}.</source>
        <translation>Il n’y a pas d’utilisateur {name}.</translation>
    </message>
    <message>
        <source>There is no {identifier} in the list “{list}”.</source>
        <translation>Il n’y a pas de {identifier} dans la liste « {list} ».</translation>
    </message>
    <message>
        <source>There is no {service} service “{name}”.</source>
        <translation>Il n’y a pas de service {service} « {name} ».</translation>
    </message>
    <message>
        <source>There is no “{name}” with revisions.</source>
        <translation>Rien du nom de « {name} » n’a de révisions.</translation>
    </message>
    <message>
        <source>There is not enough memory to build a tile.</source>
        <translation>Il n’y a pas assez de mémoire pour calculer une tuile.</translation>
    </message>
    <message>
        <source>There is not enough room in {path}.</source>
        <translation>Il n’y a pas assez de place dans {path}.</translation>
    </message>
    <message>
        <source>There is not enough room in {where}.</source>
        <translation>Il n’y a pas assez de place dans {where}.</translation>
    </message>
    <message>
        <source>There is nothing at {address}.json and {address}.png.</source>
        <translation>Il n’y a rien à {address}.json et {address}.png.</translation>
    </message>
    <message>
        <source>There is nothing at {path}.</source>
        <translation>Il n’y a rien à l’adresse {path}.</translation>
    </message>
    <message>
        <source>There is nothing here yet.</source>
        <translation>Il n’y a encore rien ici.</translation>
    </message>
    <message>
        <source>There is nothing to make tiles of in {file}.</source>
        <translation>Il n’y a rien dans {file} dont faire des tuiles.</translation>
    </message>
    <message>
        <source>There were too many wrong attempts.</source>
        <translation>Il y a eu trop d’essais infructueux.</translation>
    </message>
    <message>
        <source>These layers are not listed.</source>
        <translation>Ces couches ne sont pas énumérées.</translation>
    </message>
    <message>
        <source>They are drawn wherever the style is.</source>
        <translation>Ils sont dessinés partout où est le style.</translation>
    </message>
    <message>
        <source>They are in WFS, but no map shows them.</source>
        <translation>Elles sont dans le WFS, mais aucune carte ne les montre.</translation>
    </message>
    <message>
        <source>They are not tied to any place on Earth.</source>
        <translation>Elles ne sont rattachées à aucun lieu sur la Terre.</translation>
    </message>
    <message>
        <source>They are the same.</source>
        <translation>Elles sont identiques.</translation>
    </message>
    <message>
        <source>They come with the plugin; in a checkout: make setup.</source>
        <translation>Ils viennent avec l’extension ; dans une copie des sources : make setup.</translation>
    </message>
    <message>
        <source>They hold no symbolizer.</source>
        <translation>Elles ne contiennent aucun symbole.</translation>
    </message>
    <message>
        <source>They hold values that are not of the type they declare.</source>
        <translation>Elles contiennent des valeurs qui ne sont pas du type qu’elles déclarent.</translation>
    </message>
    <message>
        <source>They lie outside of the area where {target} is defined.</source>
        <translation>Elles se trouvent hors de la zone où {target} est défini.</translation>
    </message>
    <message>
        <source>They reach from {west}, {south} to {east}, {north}, which are not longitudes and latitudes.</source>
        <translation>Elles vont de {west}, {south} à {east}, {north}, ce qui n’est ni longitude ni latitude.</translation>
    </message>
    <message>
        <source>They were changed from outside.</source>
        <translation>Ils ont été modifiés de l’extérieur.</translation>
    </message>
    <message>
        <source>They were cut off or changed from outside.</source>
        <translation>Ils ont été tronqués ou modifiés de l’extérieur.</translation>
    </message>
    <message>
        <source>They were declared as these prefixes usually are.</source>
        <translation>Ils ont été déclarés comme ces préfixes le sont d’habitude.</translation>
    </message>
    <message>
        <source>They were read as Windows-1252, the usual encoding of older files.</source>
        <translation>Ils ont été lus en Windows-1252, l’encodage habituel des fichiers anciens.</translation>
    </message>
    <message>
        <source>They were taken from {address}.</source>
        <translation>Ils proviennent de {address}.</translation>
    </message>
    <message>
        <source>They would not be drawn.</source>
        <translation>Elles ne seraient pas dessinées.</translation>
    </message>
    <message>
        <source>This chunk does not continue the file “{path}”.</source>
        <translation>Ce morceau ne continue pas le fichier « {path} ».</translation>
    </message>
    <message>
        <source>This computer</source>
        <translation>Cet ordinateur</translation>
    </message>
    <message>
        <source>this computer's address</source>
        <translation>adresse-de-cet-ordinateur</translation>
    </message>
    <message>
        <source>This data folder was written by a newer GeoPub.</source>
        <translation>Ce dossier de données a été écrit par un GeoPub plus récent.</translation>
    </message>
    <message>
        <source>This data folder was written by an older GeoPub.</source>
        <translation>Ce dossier de données a été écrit par un GeoPub plus ancien.</translation>
    </message>
    <message>
        <source>This endpoint serves WFS.</source>
        <translation>Cette adresse sert le WFS.</translation>
    </message>
    <message>
        <source>This execution stopped because of an error inside GeoPub.</source>
        <translation>Cette exécution s’est arrêtée à cause d’une erreur interne de GeoPub.</translation>
    </message>
    <message>
        <source>This feature type cannot be sorted: its rows have no key.</source>
        <translation>Ce type d’objets ne peut pas être trié : ses lignes n’ont pas de clé.</translation>
    </message>
    <message>
        <source>This feature type does not fit in a shapefile.</source>
        <translation>Ce type d’objets ne tient pas dans un shapefile.</translation>
    </message>
    <message>
        <source>This feature type has no geometry.</source>
        <translation>Ce type d’objets n’a pas de géométrie.</translation>
    </message>
    <message>
        <source>This format cannot say how many features match.</source>
        <translation>Ce format ne peut pas dire combien d’entités correspondent.</translation>
    </message>
    <message>
        <source>This format holds features of one type.</source>
        <translation>Ce format contient des entités d’un seul type.</translation>
    </message>
    <message>
        <source>This happens most often when the memory is used up (signal SIGKILL).</source>
        <translation>Cela arrive le plus souvent quand la mémoire est épuisée (signal SIGKILL).</translation>
    </message>
    <message>
        <source>This happens most often when the memory is used up.</source>
        <translation>Cela arrive le plus souvent quand la mémoire est épuisée.</translation>
    </message>
    <message>
        <source>This is no address of the web: it begins with https://</source>
        <translation>Ce n’est pas une adresse du web : elle commence par https://</translation>
    </message>
    <message>
        <source>This is no e-mail address, such as name@town.fr.</source>
        <translation>Ce n’est pas une adresse électronique, comme nom@commune.fr.</translation>
    </message>
    <message>
        <source>This is not a Mapbox style.</source>
        <translation>Ceci n’est pas un style Mapbox.</translation>
    </message>
    <message>
        <source>This is not a style that GeoPub can use.</source>
        <translation>Ce n’est pas un style que GeoPub sait utiliser.</translation>
    </message>
    <message>
        <source>This key cannot be made: another one is the same.</source>
        <translation>Cette clé ne peut pas être créée : une autre est identique.</translation>
    </message>
    <message>
        <source>This layer is not published. Right-click on it in the layer tree, “Publish layer…”.</source>
        <translation>Cette couche n’est pas publiée. Clic droit sur la couche dans l’arbre, « Publier la couche… ».</translation>
    </message>
    <message>
        <source>This preview link is not good.</source>
        <translation>Ce lien d’aperçu n’est pas valable.</translation>
    </message>
    <message>
        <source>This server has no processing that makes {output} from {needs}.</source>
        <translation>Ce serveur n’a pas de traitement qui produit {output} à partir de {needs}.</translation>
    </message>
    <message>
        <source>This server keeps no former versions.</source>
        <translation>Ce serveur ne garde pas de versions antérieures.</translation>
    </message>
    <message>
        <source>This service answers one stored query at a time.</source>
        <translation>Ce service répond à une requête enregistrée à la fois.</translation>
    </message>
    <message>
        <source>This service has no operation “{name}”.</source>
        <translation>Ce service n’a pas d’opération « {name} ».</translation>
    </message>
    <message>
        <source>This service is not for everybody.</source>
        <translation>Ce service n’est pas ouvert à tous.</translation>
    </message>
    <message>
        <source>This service makes no joins: a query is about one feature type.</source>
        <translation>Ce service ne fait pas de jointures : une interrogation porte sur un seul type d’objets.</translation>
    </message>
    <message>
        <source>This service resolves no references to other servers.</source>
        <translation>Ce service ne suit pas de références vers d’autres serveurs.</translation>
    </message>
    <message>
        <source>This SQLite has no R-tree: use the Python that comes with QGIS.</source>
        <translation>Ce SQLite n’a pas de R-tree : utilisez le Python fourni avec QGIS.</translation>
    </message>
    <message>
        <source>This unit of distance is not known.</source>
        <translation>Cette unité de distance n’est pas connue.</translation>
    </message>
    <message>
        <source>This version of QGIS needs a client secret to sign in in the browser.</source>
        <translation>Cette version de QGIS a besoin d’un secret du client pour se connecter dans le navigateur.</translation>
    </message>
    <message>
        <source>This work was ended by the system.</source>
        <translation>Ce travail a été arrêté par le système.</translation>
    </message>
    <message>
        <source>Tick the box above if its graphics may be fetched from where they are.</source>
        <translation>Cochez la case ci-dessus si ses images peuvent être téléchargées depuis leur adresse.</translation>
    </message>
    <message>
        <source>Tile pyramids</source>
        <translation>Pyramides de tuiles</translation>
    </message>
    <message>
        <source>Tiles</source>
        <translation>Tuiles</translation>
    </message>
    <message>
        <source>tiles</source>
        <translation>tuiles</translation>
    </message>
    <message>
        <source>Tiles are flat, and {count} of its shapes are triangulated or polyhedral.</source>
        <translation>Les tuiles sont planes, et {count} de ses formes sont triangulées ou polyédriques.</translation>
    </message>
    <message>
        <source>Tiles are written as .pmtiles, as .mbtiles, or into a folder.</source>
        <translation>Les tuiles s’écrivent en .pmtiles, en .mbtiles ou dans un dossier.</translation>
    </message>
    <message>
        <source>Tiles built: {rebuilt}; copied: {copied}.</source>
        <translation>Tuiles construites : {rebuilt} ; copiées : {copied}.</translation>
    </message>
    <message>
        <source>Tiles cannot be made of the layer; see above why.</source>
        <translation>Impossible de générer des tuiles de cette couche ; la raison est indiquée ci-dessus.</translation>
    </message>
    <message>
        <source>Tiles have one Mapbox style for all tables.</source>
        <translation>Les tuiles ont un seul style Mapbox pour toutes les tables.</translation>
    </message>
    <message>
        <source>Tiles hold straight segments only, and {count} of its shapes have arcs.</source>
        <translation>Les tuiles ne contiennent que des segments droits, et {count} de ses formes ont des arcs.</translation>
    </message>
    <message>
        <source>tiles that changed hold most of the data.</source>
        <translation>les tuiles qui ont changé contiennent l’essentiel des données.</translation>
    </message>
    <message>
        <source>Tiles: about {tiles}, {size}, {time}.</source>
        <translation>Tuiles : environ {tiles}, {size}, {time}.</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>Titre</translation>
    </message>
    <message>
        <source>Title (none: the layer’s)</source>
        <translation>Titre (vide : celui de la couche)</translation>
    </message>
    <message>
        <source>Title of the services (optional)</source>
        <translation>Titre des services (optionnel)</translation>
    </message>
    <message>
        <source>Title of the table</source>
        <translation>Titre de la table</translation>
    </message>
    <message>
        <source>Title, metadata and access</source>
        <translation>Titre, métadonnées et accès</translation>
    </message>
    <message>
        <source>TMS and WMTS service</source>
        <translation>Service TMS et WMTS</translation>
    </message>
    <message>
        <source>TMS and WMTS service, restricted</source>
        <translation>Service TMS et WMTS, accès restreint</translation>
    </message>
    <message>
        <source>TMS service</source>
        <translation>Service TMS</translation>
    </message>
    <message>
        <source>TMS – vector tiles, for fast web maps</source>
        <translation>TMS – tuiles vectorielles, pour des cartes web rapides</translation>
    </message>
    <message>
        <source>to</source>
        <translation>à</translation>
    </message>
    <message>
        <source>To make it anew, launch an execution that updates it.</source>
        <translation>Pour la refaire, lancez un traitement qui la met à jour.</translation>
    </message>
    <message>
        <source>To publish: right-click on a vector layer, then “Publish layer…”.</source>
        <translation>Pour publier : clic droit sur une couche vecteur, puis « Publier la couche… ».</translation>
    </message>
    <message>
        <source>Too large an archive</source>
        <translation>Archive trop grande</translation>
    </message>
    <message>
        <source>Too large an entry</source>
        <translation>Élément trop volumineux</translation>
    </message>
    <message>
        <source>Too many entries</source>
        <translation>Trop d’éléments</translation>
    </message>
    <message>
        <source>Too many others are being built.</source>
        <translation>Trop d’autres sont en cours de calcul.</translation>
    </message>
    <message>
        <source>too much of “{table}” changed.</source>
        <translation>une trop grande part de « {table} » a changé.</translation>
    </message>
    <message>
        <source>Top level of the tiles</source>
        <translation>Niveau supérieur des tuiles</translation>
    </message>
    <message>
        <source>Transport</source>
        <translation>Transports</translation>
    </message>
    <message>
        <source>Transport networks</source>
        <translation>Réseaux de transport</translation>
    </message>
    <message>
        <source>Tried: {names}.</source>
        <translation>Essayés : {names}.</translation>
    </message>
    <message>
        <source>Try a simpler style, and look into the file renderer.log of the log folder.</source>
        <translation>Essayez un style plus simple, et consultez le fichier renderer.log du dossier des journaux.</translation>
    </message>
    <message>
        <source>Try again in a minute.</source>
        <translation>Réessayez dans une minute.</translation>
    </message>
    <message>
        <source>Try again in a minute; if it goes on, look into the file renderer.log of the log folder.</source>
        <translation>Réessayez dans une minute ; si cela continue, consultez le fichier renderer.log du dossier des journaux.</translation>
    </message>
    <message>
        <source>Try again in a moment, or give another data folder.</source>
        <translation>Réessayez dans un instant, ou donnez un autre dossier de données.</translation>
    </message>
    <message>
        <source>Try again in a moment.</source>
        <translation>Réessayez dans un instant.</translation>
    </message>
    <message>
        <source>Try again soon. If it lasts, look whether PostgreSQL runs.</source>
        <translation>Réessayez bientôt. Si cela dure, vérifiez que PostgreSQL fonctionne.</translation>
    </message>
    <message>
        <source>Try again soon; tell the administrator of the server if it lasts.</source>
        <translation>Réessayez bientôt ; prévenez l’administrateur du serveur si cela dure.</translation>
    </message>
    <message>
        <source>Turn a sample of tiles into the full pyramid, with the same settings and at the same address.</source>
        <translation>Transformer un échantillon de tuiles en pyramide complète, avec les mêmes réglages et à la même adresse.</translation>
    </message>
    <message>
        <source>Twice a year</source>
        <translation>Deux fois par an</translation>
    </message>
    <message>
        <source>Two tables cannot have the same name.</source>
        <translation>Deux tables ne peuvent pas avoir le même nom.</translation>
    </message>
    <message>
        <source>Two tables have the public name “{name}”.</source>
        <translation>Deux tables ont le nom public « {name} ».</translation>
    </message>
    <message>
        <source>Two tables of the pyramid are called “{layer}”.</source>
        <translation>Deux tables de la pyramide s’appellent « {layer} ».</translation>
    </message>
    <message>
        <source>Unique identifier</source>
        <translation>Identifiant unique</translation>
    </message>
    <message>
        <source>Unknown</source>
        <translation>Inconnue</translation>
    </message>
    <message>
        <source>unknown error</source>
        <translation>erreur inconnue</translation>
    </message>
    <message>
        <source>Unknown format</source>
        <translation>Format inconnu</translation>
    </message>
    <message>
        <source>Unpacking</source>
        <translation>Décompression</translation>
    </message>
    <message>
        <source>Unpublish</source>
        <translation>Dépublier</translation>
    </message>
    <message>
        <source>Unpublish a service that is no longer needed, or ask the administrator for a larger quota.</source>
        <translation>Dépubliez un service devenu inutile, ou demandez un quota plus grand à l’administrateur.</translation>
    </message>
    <message>
        <source>Unpublish something first.</source>
        <translation>Dépubliez d’abord quelque chose.</translation>
    </message>
    <message>
        <source>Unpublish these and delete their configurations first.</source>
        <translation>Dépubliez-les et supprimez d’abord leurs configurations.</translation>
    </message>
    <message>
        <source>Unpublish {kind} “{name}”</source>
        <translation>Dépublier {kind} « {name} »</translation>
    </message>
    <message>
        <source>Unpublish…</source>
        <translation>Dépublier…</translation>
    </message>
    <message>
        <source>Unreadable coordinate reference system</source>
        <translation>Système de coordonnées illisible</translation>
    </message>
    <message>
        <source>Unreadable coordinates</source>
        <translation>Coordonnées illisibles</translation>
    </message>
    <message>
        <source>Unreadable file</source>
        <translation>Fichier illisible</translation>
    </message>
    <message>
        <source>Unreadable geometries</source>
        <translation>Géométries illisibles</translation>
    </message>
    <message>
        <source>Unreadable geometries in the table “{table}”: {count}. Their features stay, without a geometry.</source>
        <translation>Géométries illisibles dans la table « {table} » : {count}. Leurs entités restent, sans géométrie.</translation>
    </message>
    <message>
        <source>Unsafe path</source>
        <translation>Chemin dangereux</translation>
    </message>
    <message>
        <source>Update</source>
        <translation>Mettre à jour</translation>
    </message>
    <message>
        <source>Update GeoPub, or choose another data folder.</source>
        <translation>Mettez GeoPub à jour, ou choisissez un autre dossier de données.</translation>
    </message>
    <message>
        <source>Update GeoPub, or give another data folder.</source>
        <translation>Mettez GeoPub à jour, ou donnez un autre dossier de données.</translation>
    </message>
    <message>
        <source>Update now</source>
        <translation>Mettre à jour maintenant</translation>
    </message>
    <message>
        <source>Update publication</source>
        <translation>Mettre à jour la publication</translation>
    </message>
    <message>
        <source>Update “{title}”</source>
        <translation>Mettre à jour « {title} »</translation>
    </message>
    <message>
        <source>Updated</source>
        <translation>Fréquence de mise à jour</translation>
    </message>
    <message>
        <source>Updates “{datasheet}” on this computer: its addresses stay the same.</source>
        <translation>Met à jour « {datasheet} » sur cet ordinateur : ses adresses restent les mêmes.</translation>
    </message>
    <message>
        <source>Updates “{datasheet}” on {target}: its addresses stay the same.</source>
        <translation>Met à jour « {datasheet} » sur {target} : ses adresses restent les mêmes.</translation>
    </message>
    <message>
        <source>Uploads</source>
        <translation>Livraisons</translation>
    </message>
    <message>
        <source>Uploads of type “{type}” are not taken.</source>
        <translation>Les livraisons de type « {type} » ne sont pas acceptées.</translation>
    </message>
    <message>
        <source>Use a key of type OAUTH2.</source>
        <translation>Utilisez une clé de type OAUTH2.</translation>
    </message>
    <message>
        <source>Use a symbol that QGIS brings along, or embed the graphic in the style and save it as QML.</source>
        <translation>Utilisez un symbole fourni par QGIS, ou intégrez l’image dans le style et enregistrez-le en QML.</translation>
    </message>
    <message>
        <source>Use comparisons (= &lt;&gt; &lt; &lt;= &gt; &gt;=), IN, BETWEEN, LIKE, ILIKE and IS NULL, joined by AND, OR, NOT.</source>
        <translation>Utilisez des comparaisons (= &lt;&gt; &lt; &lt;= &gt; &gt;=), IN, BETWEEN, LIKE, ILIKE et IS NULL, liés par AND, OR, NOT.</translation>
    </message>
    <message>
        <source>Use http://127.0.0.1 with its port, or set the public URL of the backend.</source>
        <translation>Utilisez http://127.0.0.1 avec son port, ou indiquez l’URL publique du serveur.</translation>
    </message>
    <message>
        <source>Use IN for long lists of values.</source>
        <translation>Utilisez IN pour les longues listes de valeurs.</translation>
    </message>
    <message>
        <source>Use IS NULL or IS NOT NULL.</source>
        <translation>Utilisez IS NULL ou IS NOT NULL.</translation>
    </message>
    <message>
        <source>Use of {layer}</source>
        <translation>Utilisation de {layer}</translation>
    </message>
    <message>
        <source>Use one of the systems that the collection lists as “crs”.</source>
        <translation>Utilisez l’un des systèmes que la collection cite sous « crs ».</translation>
    </message>
    <message>
        <source>Use one of: {names}.</source>
        <translation>Utilisez l’un de ceux-ci : {names}.</translation>
    </message>
    <message>
        <source>Use that backend, end it first, or give another data folder.</source>
        <translation>Utilisez ce moteur, arrêtez-le d’abord, ou donnez un autre dossier de données.</translation>
    </message>
    <message>
        <source>Use that backend, end it first, or give another database.</source>
        <translation>Utilisez ce moteur, arrêtez-le d’abord, ou donnez une autre base de données.</translation>
    </message>
    <message>
        <source>Use the operators of these classes.</source>
        <translation>Utilisez les opérateurs de ces classes.</translation>
    </message>
    <message>
        <source>Use the operators that the capabilities list.</source>
        <translation>Utilisez les opérateurs qu’annoncent les capacités.</translation>
    </message>
    <message>
        <source>Use these, such as -S10 -an, or choose one of the presets.</source>
        <translation>Utilisez celles-ci, par exemple -S10 -an, ou choisissez l’un des préréglages.</translation>
    </message>
    <message>
        <source>users/me lists the datastores that you may use.</source>
        <translation>users/me énumère les entrepôts que vous pouvez utiliser.</translation>
    </message>
    <message>
        <source>users/me/permissions lists what you may use.</source>
        <translation>users/me/permissions liste ce que vous pouvez utiliser.</translation>
    </message>
    <message>
        <source>Utilities, communication</source>
        <translation>Réseaux, communication</translation>
    </message>
    <message>
        <source>Utility and governmental services</source>
        <translation>Services d’utilité publique et services publics</translation>
    </message>
    <message>
        <source>Values of properties are written in GML.</source>
        <translation>Les valeurs d’attributs sont écrites en GML.</translation>
    </message>
    <message>
        <source>Vector data</source>
        <translation>Données vecteur</translation>
    </message>
    <message>
        <source>Vector tiles</source>
        <translation>Tuiles vectorielles</translation>
    </message>
    <message>
        <source>Vector tiles (TMS)</source>
        <translation>Tuiles vectorielles (TMS)</translation>
    </message>
    <message>
        <source>Verifying the checksum</source>
        <translation>Vérification de la somme de contrôle</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Version</translation>
    </message>
    <message>
        <source>Version {number} of “{name}” is shown again.</source>
        <translation>La version {number} de « {name} » est de nouveau affichée.</translation>
    </message>
    <message>
        <source>Versions of “{name}”</source>
        <translation>Versions de « {name} »</translation>
    </message>
    <message>
        <source>Versions…</source>
        <translation>Versions…</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Vue</translation>
    </message>
    <message>
        <source>Wait for its end, or abort it.</source>
        <translation>Attendez sa fin, ou arrêtez-la.</translation>
    </message>
    <message>
        <source>Wait until it has saved, then try again.</source>
        <translation>Attendez qu’il ait enregistré, puis réessayez.</translation>
    </message>
    <message>
        <source>Wait until it is GENERATED.</source>
        <translation>Attendez qu’elle soit GENERATED.</translation>
    </message>
    <message>
        <source>Wait, then try again. If you have forgotten the password, ask the administrator of the server.</source>
        <translation>Patientez, puis réessayez. Si vous avez oublié le mot de passe, adressez-vous à l’administrateur du serveur.</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>En attente</translation>
    </message>
    <message>
        <source>Web page</source>
        <translation>Page web</translation>
    </message>
    <message>
        <source>webhook</source>
        <translation>webhook</translation>
    </message>
    <message>
        <source>Weekly</source>
        <translation>Chaque semaine</translation>
    </message>
    <message>
        <source>WFS service</source>
        <translation>Service WFS</translation>
    </message>
    <message>
        <source>WFS service, restricted</source>
        <translation>Service WFS, accès restreint</translation>
    </message>
    <message>
        <source>WFS – the features, to query and download</source>
        <translation>WFS – les entités, à interroger et à télécharge.</translation>
    </message>
    <message>
        <source>What a metadata record says of the data. Everything known is filled in.</source>
        <translation>Ce qu’une fiche de métadonnées dit des données. Tout ce qui est connu est déjà rempli.</translation>
    </message>
    <message>
        <source>What becomes of the style</source>
        <translation>Ce que devient le style</translation>
    </message>
    <message>
        <source>What depends on it will be missing.</source>
        <translation>Ce qui en dépend manquera.</translation>
    </message>
    <message>
        <source>What depends on it, such as labels or sizes, will be missing.</source>
        <translation>Ce qui en dépend, comme les étiquettes ou les tailles, manquera.</translation>
    </message>
    <message>
        <source>What goes</source>
        <translation>Ce qui disparaît</translation>
    </message>
    <message>
        <source>What has changed since</source>
        <translation>Ce qui a changé depuis</translation>
    </message>
    <message>
        <source>What is drawn where no style is named stays as it is.</source>
        <translation>Ce qui est dessiné quand aucun style n’est nommé reste tel quel.</translation>
    </message>
    <message>
        <source>What is published now stays in the former folder.</source>
        <translation>Ce qui est publié maintenant reste dans l’ancien dossier.</translation>
    </message>
    <message>
        <source>What is published there stays.</source>
        <translation>Ce qui y est publié reste.</translation>
    </message>
    <message>
        <source>What is published, and under which names.</source>
        <translation>Ce qui est publié, et sous quels noms.</translation>
    </message>
    <message>
        <source>What is used is shown here as soon as the store has answered.</source>
        <translation>L’espace utilisé s’affiche ici dès que l’entrepôt a répondu.</translation>
    </message>
    <message>
        <source>What people call the style.</source>
        <translation>Le nom sous lequel le style est présenté.</translation>
    </message>
    <message>
        <source>What shapes lose with every level up. Each picture: without it on the left, with it on the right.</source>
        <translation>Ce que les formes perdent à chaque niveau moins détaillé. Sur chaque image : sans généralisation à gauche, avec à droite.</translation>
    </message>
    <message>
        <source>What to do:</source>
        <translation>Que faire :</translation>
    </message>
    <message>
        <source>What to update</source>
        <translation>Que mettre à jour</translation>
    </message>
    <message>
        <source>What was found:</source>
        <translation>Ce qui a été trouvé :</translation>
    </message>
    <message>
        <source>What was sent of “{name}” is deleted.</source>
        <translation>Ce qui a été envoyé de « {name} » est supprimé.</translation>
    </message>
    <message>
        <source>What was to be deleted is in use.</source>
        <translation>Ce qui devait être supprimé est utilisé.</translation>
    </message>
    <message>
        <source>When needed</source>
        <translation>Selon les besoins</translation>
    </message>
    <message>
        <source>When that server goes, texts or symbols go with it: {address}</source>
        <translation>Si ce serveur disparaît, les textes ou symboles disparaissent avec lui : {address}</translation>
    </message>
    <message>
        <source>When that server goes, they go with it: {address}</source>
        <translation>Si ce serveur disparaît, ils disparaissent avec lui : {address}</translation>
    </message>
    <message>
        <source>When was the data made? Give a date.</source>
        <translation>De quand datent les données ? Donnez une date.</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Où</translation>
    </message>
    <message>
        <source>Where it is sent codes (may be repeated).</source>
        <translation>Où les codes lui sont envoyés (répétable).</translation>
    </message>
    <message>
        <source>Where symbols lie upon each other, the layer's opacity shows both.</source>
        <translation>Là où des symboles se superposent, l’opacité de la couche laisse voir les deux.</translation>
    </message>
    <message>
        <source>Where to publish</source>
        <translation>Où publier</translation>
    </message>
    <message>
        <source>Whether to leave geometries out</source>
        <translation>Omettre ou non les géométries</translation>
    </message>
    <message>
        <source>Whether you have signed in cannot be found out.</source>
        <translation>Impossible de savoir si vous êtes connecté.</translation>
    </message>
    <message>
        <source>Which datasheets are shown</source>
        <translation>Quelles fiches sont affichées</translation>
    </message>
    <message>
        <source>Which of your datastores on the server.</source>
        <translation>Lequel de vos entrepôts sur le serveur.</translation>
    </message>
    <message>
        <source>while the file was sent</source>
        <translation>pendant l’envoi du fichier</translation>
    </message>
    <message>
        <source>Who is responsible for the data?</source>
        <translation>Qui est responsable des données ?</translation>
    </message>
    <message>
        <source>Who is to see these services?</source>
        <translation>À quel public ces services sont-ils destinés ?</translation>
    </message>
    <message>
        <source>Who leads it: an e-mail address.</source>
        <translation>Son responsable : une adresse électronique.</translation>
    </message>
    <message>
        <source>Who may do everything in every datastore.</source>
        <translation>Autorisé à tout faire dans chaque entrepôt.</translation>
    </message>
    <message>
        <source>Whoever wrote in it last was cut short, and left a journal of what is to be undone beside it.</source>
        <translation>La dernière écriture a été interrompue et a laissé à côté du fichier un journal de ce qui est à défaire.</translation>
    </message>
    <message>
        <source>Whose styles: of maps, features or tiles.</source>
        <translation>De quoi sont les styles : cartes, entités ou tuiles.</translation>
    </message>
    <message>
        <source>wildCard, singleChar and escapeChar must be three different characters.</source>
        <translation>wildCard, singleChar et escapeChar doivent être trois caractères différents.</translation>
    </message>
    <message>
        <source>With e-mail address and password</source>
        <translation>Avec adresse électronique et mot de passe</translation>
    </message>
    <message>
        <source>Without it nobody can tell where its coordinates are on Earth.</source>
        <translation>Sans lui, personne ne peut dire où ses coordonnées se trouvent sur la Terre.</translation>
    </message>
    <message>
        <source>Without it on the left, with it on the right</source>
        <translation>Sans généralisation à gauche, avec à droite</translation>
    </message>
    <message>
        <source>Without PyQGIS there is no WMS. On Debian and Ubuntu: apt install python3-qgis.</source>
        <translation>Sans PyQGIS, pas de WMS. Sur Debian et Ubuntu : apt install python3-qgis.</translation>
    </message>
    <message>
        <source>WMS service</source>
        <translation>Service WMS</translation>
    </message>
    <message>
        <source>WMS service, restricted</source>
        <translation>Service WMS, accès restreint</translation>
    </message>
    <message>
        <source>WMS – map images with the layer's style</source>
        <translation>WMS – des images de carte avec le style de la couche</translation>
    </message>
    <message>
        <source>Write '{value}' in single quotes.</source>
        <translation>Écrivez '{value}' entre apostrophes.</translation>
    </message>
    <message>
        <source>Write a list in brackets for each query, “()” for none.</source>
        <translation>Écrivez une liste entre parenthèses pour chaque interrogation, « () » pour aucune.</translation>
    </message>
    <message>
        <source>Write IS NULL or IS NOT NULL.</source>
        <translation>Écrivez IS NULL ou IS NOT NULL.</translation>
    </message>
    <message>
        <source>Write it as '{example}'.</source>
        <translation>Écrivez-la sous la forme '{example}'.</translation>
    </message>
    <message>
        <source>Write it as 0xRRGGBB.</source>
        <translation>Écrivez-le sous la forme 0xRRVVBB.</translation>
    </message>
    <message>
        <source>Write it as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.</source>
        <translation>Écrivez-le 192.0.2.7, 192.0.2.0/24 ou 2001:db8::/32.</translation>
    </message>
    <message>
        <source>Write it as 2026-12-31 or 2026-12-31T23:59:59Z.</source>
        <translation>Écrivez-la 2026-12-31 ou 2026-12-31T23:59:59Z.</translation>
    </message>
    <message>
        <source>Write it as a GML Point, LineString, Polygon, Envelope or a Multi… of these.</source>
        <translation>Écrivez-la comme Point, LineString, Polygon, Envelope ou Multi… du GML.</translation>
    </message>
    <message>
        <source>Write it as in the capabilities, such as urn:ogc:def:crs:EPSG::4326.</source>
        <translation>Écrivez-le comme dans les capacités du service, par exemple urn:ogc:def:crs:EPSG::4326.</translation>
    </message>
    <message>
        <source>Write it as {moment}.</source>
        <translation>Écrivez-le ainsi : {moment}.</translation>
    </message>
    <message>
        <source>Write it as: bytes 0-1048575/5000000, with as many bytes as the body has.</source>
        <translation>Écrivez-le ainsi : bytes 0-1048575/5000000, avec autant d’octets que le corps en contient.</translation>
    </message>
    <message>
        <source>Write it as: sha-256=:…=: (RFC 9530).</source>
        <translation>Écrivez-le ainsi : sha-256=:…=: (RFC 9530).</translation>
    </message>
    <message>
        <source>Write it as: {example}</source>
        <translation>Écrivez-le ainsi : {example}</translation>
    </message>
    <message>
        <source>Write the column alone: there is only one table.</source>
        <translation>Écrivez la colonne seule : il n’y a qu’une table.</translation>
    </message>
    <message>
        <source>Write the files of STYLE into FOLDER.</source>
        <translation>Écrire les fichiers de STYLE dans FOLDER.</translation>
    </message>
    <message>
        <source>Write the filter in XML, as “filter”.</source>
        <translation>Écrivez le filtre en XML, dans « filter ».</translation>
    </message>
    <message>
        <source>Write the report into a JSON file.</source>
        <translation>Écrire le rapport dans un fichier JSON.</translation>
    </message>
    <message>
        <source>Write {right}.</source>
        <translation>Écrivez {right}.</translation>
    </message>
    <message>
        <source>Writes the style of a layer as QML, SLD 1.0.0, SLD 1.1.0 and Mapbox style, and says in the log what each format keeps, approximates and loses. Pictures that a Mapbox style needs lie beside it.</source>
        <translation>Écrit le style d’une couche en QML, SLD 1.0.0, SLD 1.1.0 et Mapbox, et dit dans le journal ce que chaque format conserve, approche et perd. Les images dont un style Mapbox a besoin sont placées à côté.</translation>
    </message>
    <message>
        <source>Writing the archive</source>
        <translation>Écriture de l’archive</translation>
    </message>
    <message>
        <source>XML</source>
        <translation>du XML</translation>
    </message>
    <message>
        <source>Yearly</source>
        <translation>Chaque année</translation>
    </message>
    <message>
        <source>You cannot sign in with this account.</source>
        <translation>Vous ne pouvez pas vous connecter avec ce compte.</translation>
    </message>
    <message>
        <source>You have a key named “{name}” already.</source>
        <translation>Vous avez déjà une clé nommée « {name} ».</translation>
    </message>
    <message>
        <source>You have a key of type OAUTH2, and need no other.</source>
        <translation>Vous avez une clé de type OAUTH2, une autre est inutile.</translation>
    </message>
    <message>
        <source>You have no access to “{name}”.</source>
        <translation>Vous n’avez pas accès à « {name} ».</translation>
    </message>
    <message>
        <source>You have several datastores on this server.</source>
        <translation>Vous avez plusieurs entrepôts sur ce serveur.</translation>
    </message>
    <message>
        <source>You have {count} keys, and no more can be made.</source>
        <translation>Vous avez {count} clés, et ne pouvez en créer davantage.</translation>
    </message>
    <message>
        <source>You may not do this in “{name}”.</source>
        <translation>Vous ne pouvez pas faire cela dans « {name} ».</translation>
    </message>
    <message>
        <source>You may not give “{name}” another supervisor.</source>
        <translation>Vous ne pouvez pas donner un autre superviseur à « {name} ».</translation>
    </message>
    <message>
        <source>You sign in for “{name}”.</source>
        <translation>Vous vous connectez pour « {name} ».</translation>
    </message>
    <message>
        <source>Your account has no datastore on this server.</source>
        <translation>Votre compte n’a pas d’entrepôt sur ce serveur.</translation>
    </message>
    <message>
        <source>Your layer in QGIS stays as it is.</source>
        <translation>Votre couche dans QGIS reste comme elle est.</translation>
    </message>
    <message>
        <source>Zoom in, ask for a smaller picture, or show fewer features at this scale.</source>
        <translation>Zoomez, demandez une image plus petite, ou montrez moins d’entités à cette échelle.</translation>
    </message>
    <message>
        <source>Zoom in, or ask again when the pyramid is finished.</source>
        <translation>Zoomez, ou redemandez-la quand la pyramide sera terminée.</translation>
    </message>
    <message>
        <source>Zoom levels</source>
        <translation>Niveaux de zoom</translation>
    </message>
    <message>
        <source>Zoom levels are from {first} to {last}.</source>
        <translation>Les niveaux de zoom vont de {first} à {last}.</translation>
    </message>
    <message>
        <source>Zoom levels from</source>
        <translation>Niveaux de zoom de</translation>
    </message>
    <message>
        <source>Zoom to the features</source>
        <translation>Zoomer sur les entités</translation>
    </message>
    <message>
        <source>{count} bytes are missing.</source>
        <translation>Il manque {count} octets.</translation>
    </message>
    <message>
        <source>{count} h</source>
        <translation>{count} h</translation>
    </message>
    <message>
        <source>{count} min</source>
        <translation>{count} min</translation>
    </message>
    <message>
        <source>{count} of them are cut off or are not what GeoPackage asks for.</source>
        <translation>{count} d’entre elles sont tronquées ou ne sont pas ce que demande GeoPackage.</translation>
    </message>
    <message>
        <source>{count} s</source>
        <translation>{count} s</translation>
    </message>
    <message>
        <source>{done} of {total} MB</source>
        <translation>{done} sur {total} Mo</translation>
    </message>
    <message>
        <source>{done} of {total} {unit}</source>
        <translation>{done} sur {total} {unit}</translation>
    </message>
    <message>
        <source>{email} has another password.</source>
        <translation>{email} a un autre mot de passe.</translation>
    </message>
    <message>
        <source>{email} may sign in no more.</source>
        <translation>{email} ne peut plus se connecter.</translation>
    </message>
    <message>
        <source>{email} may sign in.</source>
        <translation>{email} peut se connecter.</translation>
    </message>
    <message>
        <source>{files} files ({size}), {rows} rows looked at</source>
        <translation>{files} fichiers ({size}) et {rows} lignes examinés</translation>
    </message>
    <message>
        <source>{file} became shorter while it was read.</source>
        <translation>{file} a raccourci pendant sa lecture.</translation>
    </message>
    <message>
        <source>{file} cannot be published.</source>
        <translation>{file} ne peut pas être publié.</translation>
    </message>
    <message>
        <source>{file} is no kind of tile archive.</source>
        <translation>{file} n’est pas une archive de tuiles connue.</translation>
    </message>
    <message>
        <source>{file} is not a GeoPackage.</source>
        <translation>{file} n’est pas un GeoPackage.</translation>
    </message>
    <message>
        <source>{file} is not a style that GeoPub reads.</source>
        <translation>{file} n’est pas un style que GeoPub sait lire.</translation>
    </message>
    <message>
        <source>{file} is not the file that was being sent.</source>
        <translation>{file} n’est pas le fichier qui était en cours d’envoi.</translation>
    </message>
    <message>
        <source>{kind} address</source>
        <translation>Adresse {kind}</translation>
    </message>
    <message>
        <source>{method} is not possible at {path}.</source>
        <translation>{method} n’est pas possible à l’adresse {path}.</translation>
    </message>
    <message>
        <source>{name} (as in the settings)</source>
        <translation>{name} (celui des préférences)</translation>
    </message>
    <message>
        <source>{name}: {told}</source>
        <translation>{name} : {told}</translation>
    </message>
    <message>
        <source>{needed} are needed and {free} are free, of which {reserve} are kept free.</source>
        <translation>Il faut {needed} et {free} sont libres, dont {reserve} sont gardés en réserve.</translation>
    </message>
    <message>
        <source>{needed} are needed, and {used} of {quota} are used.</source>
        <translation>Il faut {needed}, et {used} sur {quota} sont utilisés.</translation>
    </message>
    <message>
        <source>{part}: computed by “{element}”, which SLD 1.0.0 lacks.</source>
        <translation>{part} : calculé par « {element} », que le SLD 1.0.0 ne connaît pas.</translation>
    </message>
    <message>
        <source>{part}: SLD 1.0.0 has no word for it.</source>
        <translation>{part} : le SLD 1.0.0 n’a pas de mot pour cela.</translation>
    </message>
    <message>
        <source>{path}, {free} GB free</source>
        <translation>{path}, {free} Go libres</translation>
    </message>
    <message>
        <source>{path}: levels {top} to {bottom}, {size}</source>
        <translation>{path} : niveaux {top} à {bottom}, {size}</translation>
    </message>
    <message>
        <source>{processing}: {status}, after {minutes} min {seconds} s.</source>
        <translation>{processing} : {status}, après {minutes} min {seconds} s.</translation>
    </message>
    <message>
        <source>{reason}</source>
        <translation>{reason}</translation>
    </message>
    <message>
        <source>{rebuilt} tiles were built, {copied} copied.</source>
        <translation>{rebuilt} tuiles construites, {copied} copiées.</translation>
    </message>
    <message>
        <source>{seconds} s</source>
        <translation>{seconds} s</translation>
    </message>
    <message>
        <source>{step} …</source>
        <translation>{step} …</translation>
    </message>
    <message>
        <source>{step}, failed</source>
        <translation>{step}, en échec</translation>
    </message>
    <message>
        <source>{styles} styles are named for {layers} layers.</source>
        <translation>{styles} styles sont nommés pour {layers} couches.</translation>
    </message>
    <message>
        <source>{table}: {kept} features keep their keys, {new} are new, {gone} are gone.</source>
        <translation>{table} : {kept} entités gardent leur clé, {new} sont nouvelles, {gone} ont disparu.</translation>
    </message>
    <message>
        <source>{time} left</source>
        <translation>reste {time}</translation>
    </message>
    <message>
        <source>{top} to {bottom}</source>
        <translation>{top} à {bottom}</translation>
    </message>
    <message>
        <source>{user} is known there, but has no datastore.</source>
        <translation>{user} y est connu, mais n’a pas d’entrepôt.</translation>
    </message>
    <message>
        <source>{use} of {quota}</source>
        <translation>{use} sur {quota}</translation>
    </message>
    <message>
        <source>{value} is a number, and the column holds text.</source>
        <translation>{value} est un nombre, et la colonne contient du texte.</translation>
    </message>
    <message>
        <source>{why} before “{here}”.</source>
        <translation>{why} avant « {here} ».</translation>
    </message>
    <message>
        <source>“::” (a cast to another type) is not among what filters understand.</source>
        <translation>« :: » (conversion vers un autre type) ne fait pas partie de ce que les filtres comprennent.</translation>
    </message>
    <message>
        <source>“start” is after “end”.</source>
        <translation>« start » est après « end ».</translation>
    </message>
    <message>
        <source>“{address}” is no address for e-mail.</source>
        <translation>« {address} » n’est pas une adresse de courriel.</translation>
    </message>
    <message>
        <source>“{character}”</source>
        <translation>« {character} »</translation>
    </message>
    <message>
        <source>“{email}” is no e-mail address.</source>
        <translation>« {email} » n’est pas une adresse de courriel.</translation>
    </message>
    <message>
        <source>“{entry}” in the archive “{name}” grows more than {limit} times when unpacked.</source>
        <translation>« {entry} », dans l’archive « {name} », grossit de plus de {limit} fois à la décompression.</translation>
    </message>
    <message>
        <source>“{entry}” in the archive “{name}” is too large.</source>
        <translation>« {entry} », dans l’archive « {name} », est trop volumineux.</translation>
    </message>
    <message>
        <source>“{name}.” names a table.</source>
        <translation>« {name}. » désigne une table.</translation>
    </message>
    <message>
        <source>“{name}” cannot be a client.</source>
        <translation>« {name} » ne peut pas être un client.</translation>
    </message>
    <message>
        <source>“{name}” cannot be a header of a key, or its value cannot.</source>
        <translation>« {name} », ou sa valeur, ne peut pas être un en-tête de clé.</translation>
    </message>
    <message>
        <source>“{name}” cannot be published by this service.</source>
        <translation>« {name} » ne peut pas être publiée par ce service.</translation>
    </message>
    <message>
        <source>“{name}” cannot be published on “{endpoint}”.</source>
        <translation>« {name} » ne peut pas être publié sur « {endpoint} ».</translation>
    </message>
    <message>
        <source>“{name}” cannot be replaced.</source>
        <translation>« {name} » ne peut pas être remplacé.</translation>
    </message>
    <message>
        <source>“{name}” cannot be the name of a datastore.</source>
        <translation>« {name} » ne peut pas être le nom d’un entrepôt.</translation>
    </message>
    <message>
        <source>“{name}” cannot be the name of a layer.</source>
        <translation>« {name} » ne peut pas être le nom d’une couche.</translation>
    </message>
    <message>
        <source>“{name}” cannot be the name of a table or column.</source>
        <translation>« {name} » ne peut pas être le nom d’une table ou d’une colonne.</translation>
    </message>
    <message>
        <source>“{name}” cannot be the name of a target.</source>
        <translation>« {name} » ne peut pas être le nom d’une cible.</translation>
    </message>
    <message>
        <source>“{name}” cannot be the public name of a table.</source>
        <translation>« {name} » ne peut pas être le nom public d’une table.</translation>
    </message>
    <message>
        <source>“{name}” cannot become {following}.</source>
        <translation>« {name} » ne peut pas devenir {following}.</translation>
    </message>
    <message>
        <source>“{name}” compares a property with a text.</source>
        <translation>« {name} » compare une propriété à un texte.</translation>
    </message>
    <message>
        <source>“{name}” compares a text with a pattern.</source>
        <translation>« {name} » compare un texte à un motif.</translation>
    </message>
    <message>
        <source>“{name}” could not be integrated.</source>
        <translation>« {name} » n’a pas pu être intégré.</translation>
    </message>
    <message>
        <source>“{name}” follows no expression: its fixed value is drawn.</source>
        <translation>« {name} » ne suit aucune expression : sa valeur fixe est dessinée.</translation>
    </message>
    <message>
        <source>“{name}” has {size} bytes instead of {expected}.</source>
        <translation>« {name} » compte {size} octets au lieu de {expected}.</translation>
    </message>
    <message>
        <source>“{name}” holds no condition.</source>
        <translation>« {name} » ne contient aucune condition.</translation>
    </message>
    <message>
        <source>“{name}” is at revision {number} now.</source>
        <translation>« {name} » est maintenant à la révision {number}.</translation>
    </message>
    <message>
        <source>“{name}” is being made already.</source>
        <translation>« {name} » est déjà en cours de calcul.</translation>
    </message>
    <message>
        <source>“{name}” is live</source>
        <translation>« {name} » est en service</translation>
    </message>
    <message>
        <source>“{name}” is neither true nor false, nor is it compared with anything.</source>
        <translation>« {name} » n’est ni vrai ni faux, et n’est comparé à rien.</translation>
    </message>
    <message>
        <source>“{name}” is not a sample.</source>
        <translation>« {name} » n’est pas un échantillon.</translation>
    </message>
    <message>
        <source>“{name}” is not an identifier.</source>
        <translation>« {name} » n’est pas un identifiant.</translation>
    </message>
    <message>
        <source>“{name}” is not published.</source>
        <translation>« {name} » n’est pas publié.</translation>
    </message>
    <message>
        <source>“{name}” is not ready to be published.</source>
        <translation>« {name} » n’est pas prête à être publiée.</translation>
    </message>
    <message>
        <source>“{name}” is not ready to be read.</source>
        <translation>« {name} » n’est pas prête à être lue.</translation>
    </message>
    <message>
        <source>“{name}” is not the name of a file that is handed over.</source>
        <translation>« {name} » n’est pas le nom d’un fichier remis.</translation>
    </message>
    <message>
        <source>“{name}” is not the name of a revision.</source>
        <translation>« {name} » n’est pas le nom d’une révision.</translation>
    </message>
    <message>
        <source>“{name}” is of type {type}.</source>
        <translation>« {name} » est de type {type}.</translation>
    </message>
    <message>
        <source>“{name}” is published already.</source>
        <translation>« {name} » est déjà publié.</translation>
    </message>
    <message>
        <source>“{name}” is the geometry.</source>
        <translation>« {name} » est la géométrie.</translation>
    </message>
    <message>
        <source>“{name}” is the name of several.</source>
        <translation>Plusieurs éléments portent le nom « {name} ».</translation>
    </message>
    <message>
        <source>“{name}” is updated</source>
        <translation>« {name} » est à jour</translation>
    </message>
    <message>
        <source>“{name}” makes a condition, and a value is needed here.</source>
        <translation>« {name} » donne une condition, et il faut ici une valeur.</translation>
    </message>
    <message>
        <source>“{name}” makes a value, and a comparison is needed here.</source>
        <translation>« {name} » donne une valeur, et il faut ici une comparaison.</translation>
    </message>
    <message>
        <source>“{name}” must hold one condition.</source>
        <translation>« {name} » doit contenir une condition.</translation>
    </message>
    <message>
        <source>“{name}” names no feature.</source>
        <translation>« {name} » ne nomme aucune entité.</translation>
    </message>
    <message>
        <source>“{name}” names no property.</source>
        <translation>« {name} » ne nomme aucune propriété.</translation>
    </message>
    <message>
        <source>“{name}” needs a geometry to compare with.</source>
        <translation>« {name} » demande une géométrie à comparer.</translation>
    </message>
    <message>
        <source>“{name}” needs a list of values.</source>
        <translation>« {name} » demande une liste de valeurs.</translation>
    </message>
    <message>
        <source>“{name}” needs a property and a moment or a period.</source>
        <translation>« {name} » demande une propriété et un instant ou une période.</translation>
    </message>
    <message>
        <source>“{name}” needs a property and two bounds.</source>
        <translation>« {name} » demande une propriété et deux bornes.</translation>
    </message>
    <message>
        <source>“{name}” needs one value.</source>
        <translation>« {name} » demande une seule valeur.</translation>
    </message>
    <message>
        <source>“{name}” needs two moments or periods, properties or values.</source>
        <translation>« {name} » demande deux instants ou périodes, donnés ou pris dans des attributs.</translation>
    </message>
    <message>
        <source>“{name}” needs two operands.</source>
        <translation>« {name} » demande deux opérandes.</translation>
    </message>
    <message>
        <source>“{name}” needs {count} operands, and has {has}.</source>
        <translation>« {name} » demande {count} opérandes, et en a {has}.</translation>
    </message>
    <message>
        <source>“{name}” serves everybody who can reach it.</source>
        <translation>« {name} » sert tous ceux qui peuvent l’atteindre.</translation>
    </message>
    <message>
        <source>“{name}” shows the new data.</source>
        <translation>« {name} » montre les nouvelles données.</translation>
    </message>
    <message>
        <source>“{name}” still shows the former data.</source>
        <translation>« {name} » montre encore les anciennes données.</translation>
    </message>
    <message>
        <source>“{other}” of type {type} has it.</source>
        <translation>« {other} », de type {type}, le porte.</translation>
    </message>
    <message>
        <source>“{path}” is not complete: {received} of {total} bytes are here.</source>
        <translation>« {path} » est incomplet : {received} octets sur {total} sont arrivés.</translation>
    </message>
    <message>
        <source>“{path}” was not handed over whole.</source>
        <translation>« {path} » n’a pas été remis entier.</translation>
    </message>
    <message>
        <source>“{processing}” cannot read “{name}”.</source>
        <translation>« {processing} » ne peut pas lire « {name} ».</translation>
    </message>
    <message>
        <source>“{processing}” cannot update “{name}”.</source>
        <translation>« {processing} » ne peut pas mettre à jour « {name} ».</translation>
    </message>
    <message>
        <source>“{processing}” needs something to read.</source>
        <translation>« {processing} » a besoin de quelque chose à lire.</translation>
    </message>
    <message>
        <source>“{sign}” is missing</source>
        <translation>Il manque « {sign} »</translation>
    </message>
    <message>
        <source>“{style}” becomes the current style.</source>
        <translation>« {style} » devient le style courant.</translation>
    </message>
    <message>
        <source>“{table}” has rows without a key.</source>
        <translation>« {table} » a des lignes sans clé.</translation>
    </message>
    <message>
        <source>“{title}” is live.</source>
        <translation>« {title} » est en ligne.</translation>
    </message>
    <message>
        <source>“{title}” is not published here any more.</source>
        <translation>« {title} » n’est plus publié ici.</translation>
    </message>
    <message>
        <source>“{title}” is restricted.</source>
        <translation>« {title} » est en accès restreint.</translation>
    </message>
    <message>
        <source>“{title}” is restricted: its layers can be drawn for {hours} hours.</source>
        <translation>« {title} » est en accès restreint : ses couches s’affichent pendant {hours} heures.</translation>
    </message>
    <message>
        <source>“{title}” is up to date.</source>
        <translation>« {title} » est à jour.</translation>
    </message>
    <message>
        <source>“{url}” is not the address of a server.</source>
        <translation>« {url} » n’est pas l’adresse d’un serveur.</translation>
    </message>
    <message>
        <source>“{user}” is for numbers, and “{name}” is none.</source>
        <translation>« {user} » s’applique à des nombres, et « {name} » n’en est pas un.</translation>
    </message>
    <message>
        <source>“{user}” is for texts, and “{name}” is none.</source>
        <translation>« {user} » s’applique à des textes, et « {name} » n’en est pas un.</translation>
    </message>
    <message>
        <source>“{value}” is neither true nor false, and the column holds nothing else.</source>
        <translation>« {value} » n’est ni vrai ni faux, et la colonne ne contient rien d’autre.</translation>
    </message>
    <message>
        <source>“{value}” is no address and no network.</source>
        <translation>« {value} » n’est ni une adresse ni un réseau.</translation>
    </message>
    <message>
        <source>“{value}” is no date, and the column holds dates.</source>
        <translation>« {value} » n’est pas une date, et la colonne contient des dates.</translation>
    </message>
    <message>
        <source>“{value}” is no date.</source>
        <translation>« {value} » n’est pas une date.</translation>
    </message>
    <message>
        <source>“{value}” is no distance.</source>
        <translation>« {value} » n’est pas une distance.</translation>
    </message>
    <message>
        <source>“{value}” is no geometry in well-known text.</source>
        <translation>« {value} » n’est pas une géométrie en WKT.</translation>
    </message>
    <message>
        <source>“{value}” is no number, and the column holds numbers.</source>
        <translation>« {value} » n’est pas un nombre, et la colonne contient des nombres.</translation>
    </message>
    <message>
        <source>“{value}” is no pixel of the picture for the parameter {name}.</source>
        <translation>« {value} » n’est pas un pixel de l’image pour le paramètre {name}.</translation>
    </message>
    <message>
        <source>“{value}” is no value of the parameter “{name}”.</source>
        <translation>« {value} » n’est pas une valeur du paramètre « {name} ».</translation>
    </message>
    <message>
        <source>“{wkt}” is not a shape in WKT.</source>
        <translation>« {wkt} » n’est pas une géométrie en WKT.</translation>
    </message>
    <message>
        <source>“{word}” is not among what filters understand.</source>
        <translation>« {word} » ne fait pas partie de ce que les filtres comprennent.</translation>
    </message>
    <message>
        <source>“{word}” is not SQL.</source>
        <translation>« {word} » n’est pas du SQL.</translation>
    </message>
    <message>
        <source>“{word}” stands where it makes no sense.</source>
        <translation>« {word} » se trouve là où il n’a pas de sens.</translation>
    </message>
</context>
</TS>
